//! Who came in by a door that the tree opened: in the plan with the evidence, stopped, never taken for somebody's.

use keyline_contain::{AlteringEvent, Breadth, Plan};
use keyline_lineage::{Credential, Kind, Origin};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::fake::Fake;
use crate::guards::event;
use crate::world::*;

/// An event of the tree at a service.
fn at(source: &str, event: AlteringEvent) -> AlteringEvent {
    AlteringEvent {
        source: format!("{source}.amazonaws.com"),
        ..event
    }
}

/// The same credential, made some minutes before or after the events of the tree.
fn minutes(after: i64, credential: Credential) -> Credential {
    Credential {
        issued_at: Some(NOW - HOUR / 2 + after * 60_000_000),
        ..credential
    }
}

fn trust(principal: Value) -> Value {
    json!({"Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal}]})
}

fn opens(role: &str, principals: Value) -> AlteringEvent {
    let request = json!({"roleName": role, "policyDocument": trust(principals).to_string()});
    event(
        "e-open",
        "UpdateAssumeRolePolicy",
        "cr-key",
        request,
        Value::Null,
    )
}

/// What somebody else had set the trust to, an hour before.
fn stood(role: &str, principals: Value) -> AlteringEvent {
    AlteringEvent {
        event_id: "e-stood".to_owned(),
        credential: "cr-admin".to_owned(),
        at: NOW - 2 * HOUR,
        ..opens(role, principals)
    }
}

fn stranger(id: &str) -> Credential {
    Credential {
        principal_id: "AIDASTRANGER".to_owned(),
        ..bare(id, Kind::External, FOREIGN)
    }
}

fn provider(id: &str, arn: &str) -> Credential {
    Credential {
        principal_arn: arn.to_owned(),
        ..bare(id, Kind::FederatedIdentity, OURS)
    }
}

fn with_device(serial: &str, credential: Credential) -> Credential {
    Credential {
        mfa_serial: serial.to_owned(),
        ..credential
    }
}

/// A plan for alice's key over these others and these events; what stood before is filled in as the command does.
fn plan(others: &[Credential], events: &[AlteringEvent], breadth: Breadth) -> Plan {
    let mut credentials = vec![
        key("cr-key", OURS, "alice"),
        key("cr-admin", OURS, "root-admin"),
    ];
    credentials.extend_from_slice(others);
    let forest = forest(&credentials);
    let mut ask = Ask::of(&forest, "cr-key");
    ask.estate.accounts = Some([OURS, OTHER].map(str::to_owned).into());
    let tree = ["cr-key".to_owned()].into();
    ask.events = keyline_contain::history::complete(events.to_vec(), &tree, None);
    ask.breadth = breadth;
    let plan = ask.plan();
    // Whatever came in is stopped or named, in an AWS that knows nothing of doors.
    let mut fake = Fake::default();
    fake.run(&plan);
    for credential in credentials.iter().filter(|it| it.kind.is_usable()) {
        let member = plan.credentials.contains(&credential.id);
        let listed = plan
            .still_alive_after
            .iter()
            .any(|left| left.credential == credential.id);
        if member {
            assert_eq!(
                fake.can_act(credential),
                listed,
                "{}\n{}",
                credential.id,
                plan.markdown()
            );
        }
        let mut hit = plan.steps.iter().flat_map(|step| &step.breaks);
        assert!(!member || hit.all(|id| *id != credential.id));
    }
    plan
}

/// `credential certainty` of each that came in, in both breadths.
#[track_caller]
fn check(others: &[Credential], events: &[AlteringEvent], wanted: &[&str]) -> Plan {
    let plans = [Breadth::Broad, Breadth::Narrow].map(|breadth| plan(others, events, breadth));
    for plan in &plans {
        let told: Vec<String> = plan
            .let_in
            .iter()
            .map(|entrant| format!("{} {}", entrant.credential, entrant.certainty.name()))
            .collect();
        assert_eq!(told, wanted, "\n{}", plan.markdown());
        let text = plan.to_json().to_string();
        assert_eq!(Plan::from_json(&text).unwrap(), *plan);
    }
    let [broad, _] = plans;
    broad
}

#[test]
fn a_role_that_was_opened_to_a_stranger() {
    let other = stranger("cr-ext");
    let taken = from(&other, minutes(5, session("cr-taken", OURS, "Deploy", "x")));
    let further = from(
        &taken,
        minutes(6, session("cr-further", OTHER, "Audit", "y")),
    );
    let rightful = minutes(7, session("cr-rightful", OURS, "Deploy", "ci"));
    let world = [other.clone(), taken.clone(), further, rightful];
    let door = opens(
        "Deploy",
        json!({"AWS": format!("arn:aws:iam::{FOREIGN}:root")}),
    );
    let before = stood("Deploy", json!({"Service": "ec2.amazonaws.com"}));

    let plan = check(&world, &[door.clone(), before.clone()], &["cr-taken exact"]);
    assert!(plan.credentials.contains(&"cr-further".to_owned()));
    assert!(plan.credentials.contains(&"cr-ext".to_owned()));
    assert!(plan.doors()[0].contains("opened the role Deploy in 111122223333 to 999988887777"));
    assert!(plan.markdown().contains("## Let in by the tree"));
    // What stood there before is put back, and shuts the stranger out.
    assert!(plan.still_alive_after.is_empty(), "{}", plan.markdown());
    let closes = plan
        .steps
        .iter()
        .filter(|step| step.action == "UpdateAssumeRolePolicy");
    assert_eq!(closes.count(), 1, "{}", plan.markdown());

    // Nothing tells what stood there before: others may have come the same way.
    check(&world, std::slice::from_ref(&door), &["cr-taken inferred"]);
    // Who came in before as well needed no door.
    let earlier = from(
        &other,
        minutes(-5, session("cr-earlier", OURS, "Deploy", "x")),
    );
    let known = [other.clone(), taken.clone(), earlier];
    check(&known, std::slice::from_ref(&door), &[]);
    // Nor did whoever was let in by what stood there, or came before the change.
    let open = stood("Deploy", json!({"AWS": FOREIGN}));
    check(&world, &[door.clone(), open], &[]);
    let early = from(
        &other,
        minutes(-1, session("cr-early", OURS, "Deploy", "x")),
    );
    check(&[other.clone(), early], &[door.clone(), before], &[]);
    // Somebody else opened it.
    let not_ours = AlteringEvent {
        credential: "cr-admin".to_owned(),
        ..door.clone()
    };
    check(&world, &[not_ours], &[]);
    // The change failed.
    check(
        &world,
        &[AlteringEvent {
            failed: true,
            ..door
        }],
        &[],
    );
}

#[test]
fn who_takes_a_role_of_ours_by_a_trust_that_the_tree_wrote() {
    let bob = key("cr-bob", OURS, "bob");
    let function = Credential {
        principal_id: "lambda.amazonaws.com".to_owned(),
        ..bare("cr-lambda", Kind::Service, OURS)
    };
    let by_bob = from(&bob, minutes(5, session("cr-by-bob", OURS, "Deploy", "x")));
    let by_carol = from(
        &key("cr-carol", OURS, "carol"),
        minutes(5, session("cr-by-carol", OURS, "Deploy", "y")),
    );
    let by_function = from(
        &function,
        minutes(5, session("cr-by-function", OURS, "Deploy", "f")),
    );
    let world = [
        bob,
        key("cr-carol", OURS, "carol"),
        function,
        by_bob,
        by_carol,
        by_function,
    ];
    let before = stood("Deploy", json!({"Service": "ec2.amazonaws.com"}));
    for (principals, came) in [
        (
            json!({"AWS": format!("arn:aws:iam::{OURS}:user/team/bob")}),
            vec!["cr-by-bob exact"],
        ),
        (json!({"AWS": "AIDABOB"}), vec!["cr-by-bob exact"]),
        (
            json!({"AWS": format!("arn:aws:iam::{OURS}:root")}),
            vec!["cr-by-bob exact", "cr-by-carol exact"],
        ),
        (json!("*"), vec!["cr-by-bob exact", "cr-by-carol exact"]),
        (
            json!({"Service": "lambda.amazonaws.com"}),
            vec!["cr-by-function exact"],
        ),
        (json!({"AWS": FOREIGN}), vec![]),
        (
            json!({"Federated": "arn:aws:iam::1:saml-provider/x"}),
            vec![],
        ),
    ] {
        let plan = check(
            &world,
            &[opens("Deploy", principals), before.clone()],
            &came,
        );
        // Who was let in is not thereby the thief: the key is not touched.
        assert!(!plan.credentials.contains(&"cr-bob".to_owned()));
    }
}

#[test]
fn a_role_and_a_user_that_the_tree_made() {
    let request = json!({"roleName": "Helper",
        "assumeRolePolicyDocument": trust(json!({"AWS": FOREIGN})).to_string()});
    let role = event("e-role", "CreateRole", "cr-key", request, Value::Null);
    let user = event(
        "e-user",
        "CreateUser",
        "cr-key",
        json!({"userName": "ghost"}),
        Value::Null,
    );
    let other = stranger("cr-ext");
    let taken = from(&other, minutes(5, session("cr-taken", OURS, "Helper", "x")));
    let nobodys = minutes(6, session("cr-nobodys", OURS, "Helper", "y"));
    let ghost = minutes(7, key("cr-ghost", OURS, "ghost"));
    let elsewhere = minutes(7, session("cr-elsewhere", OTHER, "Helper", "z"));
    let plan = check(
        &[other, taken, nobodys, ghost, elsewhere],
        &[role, user],
        &["cr-ghost exact", "cr-nobodys exact", "cr-taken exact"],
    );
    // Nobody's rightful work is cut off with what the thief made.
    let cut: Vec<&String> = plan.steps.iter().flat_map(|step| &step.cuts_off).collect();
    assert_eq!(cut, ["user alice in 111122223333"]);
}

#[test]
fn a_device_that_the_tree_enrolled_for_somebody_else() {
    let serial = format!("arn:aws:iam::{OURS}:mfa/bob-2");
    let own = format!("arn:aws:iam::{OURS}:mfa/bob");
    let request = json!({"userName": "bob", "serialNumber": serial});
    let enrols = event("e-mfa", "EnableMFADevice", "cr-key", request, Value::Null);
    let device = from(
        &key("cr-key", OURS, "alice"),
        with_device(
            &serial,
            Credential {
                user_name: "bob".to_owned(),
                principal_arn: format!("arn:aws:iam::{OURS}:user/bob"),
                ..bare("cr-device", Kind::MfaDevice, OURS)
            },
        ),
    );
    let secret = Credential {
        issued_at: None,
        ..password("cr-pass", OURS, "bob")
    };
    let login = |id: &str, serial: &str, after: i64| {
        from(
            &secret,
            minutes(after, with_device(serial, console(id, OURS, "bob"))),
        )
    };
    let world = [
        device,
        secret.clone(),
        login("cr-thief", &serial, 5),
        login("cr-bobs", &own, 6),
        login("cr-earlier", "", -5),
        login("cr-later", "", 8),
    ];
    let plan = check(&world, &[enrols], &["cr-thief exact"]);
    let is_in = |id: &str| plan.credentials.contains(&id.to_owned());
    // Whoever signed in knew the password; with that others may have signed in since, but not with a device of
    // the user's own.
    assert!(is_in("cr-pass") && is_in("cr-later"));
    assert!(!is_in("cr-bobs") && !is_in("cr-earlier"));
    let kinds: Vec<&str> = plan.steps.iter().map(|step| step.kind.as_str()).collect();
    for kind in ["remove-mfa-device", "reset-password"] {
        assert!(kinds.contains(&kind), "{kinds:?}");
    }
    assert!(
        plan.headline().contains("user bob in 111122223333"),
        "{}",
        plan.headline()
    );
}

#[test]
fn machines_and_functions_that_the_tree_made_or_changed() {
    let i = "i-0123456789abcdef0";
    let machine = minutes(5, instance("cr-machine", OURS, "Web", i));
    let before = minutes(-60, instance("cr-before", OURS, "Web", i));
    let rightful = minutes(
        5,
        instance("cr-rightful", OURS, "Web", "i-00000000000000001"),
    );
    let function = minutes(
        5,
        Credential {
            origin: Some(Origin {
                kind: "lambda-function",
                id: format!("arn:aws:lambda:eu-west-1:{OURS}:function:export"),
            }),
            ..session("cr-function", OURS, "Job", "export")
        },
    );
    let world = [machine, before, rightful, function];
    let started = at(
        "ec2",
        event(
            "e-run",
            "RunInstances",
            "cr-key",
            Value::Null,
            json!({"instancesSet": {"items": [{"instanceId": i}]}}),
        ),
    );
    let plan = check(&world, &[started], &["cr-machine exact"]);
    assert_eq!(
        plan.steps
            .iter()
            .filter(|step| !step.cuts_off.is_empty())
            .count(),
        1
    );
    let profile = at(
        "ec2",
        event(
            "e-profile",
            "AssociateIamInstanceProfile",
            "cr-key",
            json!({"AssociateIamInstanceProfileRequest": {"InstanceId": i}}),
            Value::Null,
        ),
    );
    let plan = check(&world, &[profile], &["cr-machine inferred"]);
    // The machine does rightful work, that it loses.
    let cut: Vec<&String> = plan.steps.iter().flat_map(|step| &step.cuts_off).collect();
    assert_eq!(
        cut,
        [
            "user alice in 111122223333",
            "ec2 instance i-0123456789abcdef0 of role Web in 111122223333, until this is taken back, or it gets \
             another role",
        ]
    );
    for (name, certainty) in [
        ("CreateFunction20150331", "exact"),
        ("UpdateFunctionCode20150331v2", "inferred"),
        ("UpdateFunctionConfiguration20150331v2", "inferred"),
    ] {
        let named = json!({"functionName": "export"});
        let changed = at("lambda", event("e-f", name, "cr-key", named, Value::Null));
        check(&world, &[changed], &[&format!("cr-function {certainty}")]);
    }
}

#[test]
fn a_role_that_the_tree_gave_to_a_service() {
    let service = |id: &str, name: &str| Credential {
        principal_id: name.to_owned(),
        ..bare(id, Kind::Service, OURS)
    };
    let builds = service("cr-builds", "codebuild.amazonaws.com");
    let tasks = service("cr-tasks", "ecs-tasks.amazonaws.com");
    let world = [
        builds.clone(),
        tasks.clone(),
        from(
            &builds,
            minutes(5, session("cr-build", OURS, "Job", "AWSCodeBuild-1")),
        ),
        from(
            &builds,
            minutes(-5, session("cr-before", OURS, "Job", "AWSCodeBuild-0")),
        ),
        from(
            &builds,
            minutes(5, session("cr-other", OURS, "Other", "AWSCodeBuild-2")),
        ),
        from(&tasks, minutes(5, session("cr-task", OURS, "Job", "t"))),
    ];
    let role = format!("arn:aws:iam::{OURS}:role/service-role/Job");
    let passes = |source: &str, name: &str, request: Value| {
        at(
            source,
            event("e-pass", name, "cr-key", request, Value::Null),
        )
    };
    let project = passes(
        "codebuild",
        "CreateProject",
        json!({"name": "p", "serviceRole": role}),
    );
    let plan = check(&world, &[project], &["cr-build inferred"]);
    assert!(
        plan.doors()[0].contains("gave the role"),
        "{:?}",
        plan.doors()
    );
    let definition = passes(
        "ecs",
        "RegisterTaskDefinition",
        json!({"family": "f", "taskRoleArn": role}),
    );
    check(&world, &[definition], &["cr-task inferred"]);
    let pods = service("cr-pods", "pods.eks.amazonaws.com");
    let pod = from(
        &pods,
        minutes(5, session("cr-pod", OURS, "Job", "eks-web-api-1")),
    );
    let association = json!({"clusterName": "web", "roleArn": role});
    let associates = passes("eks", "CreatePodIdentityAssociation", association);
    check(&[pods, pod], &[associates], &["cr-pod inferred"]);
    // Nothing of anybody's runs at these.
    let trail = json!({"name": "t", "cloudWatchLogsRoleArn": role});
    check(&world, &[passes("cloudtrail", "UpdateTrail", trail)], &[]);
    // Somebody else's role, one of another account, and one that is only spoken of.
    for request in [
        json!({"name": "p", "serviceRole": format!("arn:aws:iam::{OURS}:role/Third")}),
        json!({"name": "p", "serviceRole": format!("arn:aws:iam::{OTHER}:role/Job")}),
        json!({"name": "p", "description": role}),
    ] {
        check(
            &world,
            &[passes("codebuild", "CreateProject", request)],
            &[],
        );
    }
    // Of which no session is seen: what ran there may hold one.
    let nested =
        json!({"target": {"arn": "x", "roleArn": format!("arn:aws:iam::{OURS}:role/Timer")}});
    let plan = check(&[], &[passes("scheduler", "CreateSchedule", nested)], &[]);
    let revoked = plan
        .steps
        .iter()
        .find(|step| step.kind == "revoke-role-sessions");
    assert_eq!(revoked.unwrap().params["role_name"], "Timer");
}

#[test]
fn a_provider_that_the_tree_made() {
    let saml = format!("arn:aws:iam::{OURS}:saml-provider/backdoor");
    let open_id = format!("arn:aws:iam::{OURS}:oidc-provider/id.example.com");
    let subject = provider("cr-subject", &saml);
    let token = provider("cr-token", "id.example.com");
    let by_saml = from(&subject, minutes(5, session("cr-saml", OURS, "Admin", "x")));
    let by_token = from(&token, minutes(5, session("cr-oidc", OURS, "Admin", "y")));
    let rightful = provider(
        "cr-other",
        &format!("arn:aws:iam::{OURS}:saml-provider/corp"),
    );
    let by_other = from(
        &rightful,
        minutes(5, session("cr-corp", OURS, "Admin", "z")),
    );
    let world = [subject, token, rightful, by_saml, by_token, by_other];
    let made = |name: &str, response: Value| event("e-p", name, "cr-key", Value::Null, response);
    let plan = check(
        &world,
        &[made("CreateSAMLProvider", json!({"sAMLProviderArn": saml}))],
        &["cr-saml exact"],
    );
    // The provider makes the next session until a person takes it away, and that is said.
    let left: Vec<&str> = plan
        .still_alive_after
        .iter()
        .map(|left| left.credential.as_str())
        .collect();
    assert_eq!(left, ["cr-subject"]);
    check(
        &world,
        &[made(
            "CreateOpenIDConnectProvider",
            json!({"openIDConnectProviderArn": open_id}),
        )],
        &["cr-oidc exact"],
    );
    let request = json!({"sAMLProviderArn": saml});
    let changed = event("e-p", "UpdateSAMLProvider", "cr-key", request, Value::Null);
    check(&world, &[changed], &["cr-saml inferred"]);
}

#[test]
fn what_is_not_surely_the_thiefs_opens_no_door() {
    // A session that is linked by inference opened the role.
    let stolen = key("cr-key", OURS, "alice");
    let guessed = by(
        &stolen,
        keyline_lineage::Certainty::Inferred,
        minutes(-10, session("cr-guess", OURS, "Admin", "x")),
    );
    let other = stranger("cr-ext");
    let taken = from(&other, minutes(5, session("cr-taken", OURS, "Deploy", "x")));
    let door = AlteringEvent {
        credential: "cr-guess".to_owned(),
        ..opens("Deploy", json!({"AWS": FOREIGN}))
    };
    check(&[guessed, other, taken], &[door], &[]);
}

/// Chains of doors: whoever came in by one opens the next. Each link is one of these.
fn chain(links: &[u8]) -> (Vec<Credential>, Vec<AlteringEvent>) {
    let mut world = Vec::new();
    let mut events = Vec::new();
    let mut by = "cr-key".to_owned();
    for (place, link) in links.iter().enumerate() {
        let id = format!("cr-in-{place}");
        let late = (place as i64) * 4;
        let role = format!("R{place}");
        let mut opened = match link {
            0 => {
                let request = json!({"roleName": role,
                    "assumeRolePolicyDocument": trust(json!({"AWS": FOREIGN})).to_string()});
                world.push(minutes(late + 2, session(&id, OURS, &role, "x")));
                event("", "CreateRole", &by, request, Value::Null)
            }
            1 => {
                let serial = format!("arn:aws:iam::{OURS}:mfa/d{place}");
                let user = format!("u{place}");
                let request = json!({"userName": user, "serialNumber": serial});
                world.push(with_device(
                    &serial,
                    minutes(late + 2, token(&id, OURS, &user)),
                ));
                event("", "EnableMFADevice", &by, request, Value::Null)
            }
            2 => {
                let user = format!("u{place}");
                world.push(minutes(late + 2, key(&id, OURS, &user)));
                event(
                    "",
                    "CreateUser",
                    &by,
                    json!({"userName": user}),
                    Value::Null,
                )
            }
            _ => {
                let machine = format!("i-{place:017x}");
                world.push(minutes(late + 2, instance(&id, OURS, &role, &machine)));
                let items = json!({"instancesSet": {"items": [{"instanceId": machine}]}});
                at("ec2", event("", "RunInstances", &by, Value::Null, items))
            }
        };
        opened.event_id = format!("e-{place}");
        opened.at += late * 60_000_000;
        events.push(opened);
        by = id;
    }
    (world, events)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whoever_came_in_opens_further_doors(
        links in prop::collection::vec(0u8..4, 1..7), cut in any::<prop::sample::Index>(),
    ) {
        let (world, events) = chain(&links);
        let mut wanted: Vec<String> = world.iter().map(|it| format!("{} exact", it.id)).collect();
        wanted.sort();
        let wanted: Vec<&str> = wanted.iter().map(String::as_str).collect();
        check(&world, &events, &wanted);
        // Without one of the events nothing behind it is reached.
        let gone = cut.index(events.len());
        let mut fewer = events.clone();
        fewer.remove(gone);
        let mut wanted: Vec<String> =
            world[..gone].iter().map(|it| format!("{} exact", it.id)).collect();
        wanted.sort();
        let wanted: Vec<&str> = wanted.iter().map(String::as_str).collect();
        check(&world, &fewer, &wanted);
    }
}

#[test]
fn machines_of_which_no_session_is_seen_are_named() {
    let i = "i-0123456789abcdef0";
    let started = |profile: Value| {
        let items = json!({"instancesSet": {"items": [{"instanceId": i}]}});
        let request = json!({"iamInstanceProfile": profile});
        at(
            "ec2",
            event("e-run", "RunInstances", "cr-key", request, items),
        )
    };
    let entered = |source: &str, name: &str, request: Value| {
        at(source, event("e-in", name, "cr-key", request, Value::Null))
    };
    let role = json!({"name": "Web"});
    for (event, named) in [
        (
            started(role),
            "started the instance i-0123456789abcdef0 in 111122223333",
        ),
        (started(Value::Null), ""),
        (
            entered("ssm", "SendCommand", json!({"instanceIds": [i]})),
            "was on the instance",
        ),
        (
            entered("ssm", "StartSession", json!({"target": i})),
            "was on the instance",
        ),
        (
            entered(
                "ec2-instance-connect",
                "SendSSHPublicKey",
                json!({"instanceId": i}),
            ),
            "was on the instance",
        ),
        (
            entered(
                "ec2",
                "ModifyInstanceAttribute",
                json!({"instanceId": i, "userData": "<sensitiveDataRemoved>"}),
            ),
            "was on the instance",
        ),
        (
            entered("ec2", "ModifyInstanceAttribute", json!({"instanceId": i})),
            "",
        ),
    ] {
        let plan = plan(&[], &[event], Breadth::Broad);
        let told = plan.notes.iter().filter(|note| note.contains(i));
        let told: Vec<&String> = told.collect();
        match named {
            "" => assert!(told.is_empty(), "{told:?}"),
            named => {
                assert!(told.len() == 1 && told[0].contains(named), "{told:?}");
                let said = format!("May act on by a role of its own: {i} in 111122223333.");
                assert!(plan.headline().contains(&said), "{}", plan.headline());
            }
        }
    }
}
