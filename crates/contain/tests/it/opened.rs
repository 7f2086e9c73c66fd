//! What the tree opened or left behind: closed, stopped, put back, without asking where nobody changed it since.

use keyline_contain::aws::document;
use keyline_contain::journal::Journal;
use keyline_contain::run::Ended;
use keyline_contain::undo::{UndoRefused, Undoing, undo};
use keyline_contain::{AlteringEvent, Breadth, Plan, Step};
use keyline_lineage::{Credential, Kind};
use serde_json::{Value, json};

use crate::fake::Fake;
use crate::guards::event;
use crate::live::*;
use crate::running::{Scratch, go};
use crate::world::*;

/// A plan for alice's key over these events, and over what else is there.
fn plan_with(events: &[AlteringEvent], others: &[Credential], breadth: Breadth) -> Plan {
    let mut credentials = vec![key("cr-key", OURS, "alice"), key("cr-ops", OURS, "ops")];
    credentials.extend_from_slice(others);
    let forest = forest(&credentials);
    let mut ask = Ask::of(&forest, "cr-key");
    let tree = ["cr-key".to_owned()].into();
    ask.events = keyline_contain::history::complete(events.to_vec(), &tree, None);
    ask.breadth = breadth;
    ask.estate.accounts = Some([OURS, OTHER].map(str::to_owned).into());
    ask.plan()
}

fn step<'a>(plan: &'a Plan, kind: &str) -> Option<&'a Step> {
    plan.steps.iter().find(|step| step.kind == kind)
}

fn allow(principal: Value) -> Value {
    json!({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"})
}

fn trust(statements: &[Value]) -> Value {
    json!({"Version": "2012-10-17", "Statement": statements})
}

fn opens(policy: Value) -> AlteringEvent {
    let request = json!({"roleName": "Deploy", "policyDocument": policy});
    event(
        "e-open",
        "UpdateAssumeRolePolicy",
        "cr-key",
        request,
        Value::Null,
    )
}

/// What somebody else had written, an hour before.
fn before(event: &AlteringEvent, request: Value) -> AlteringEvent {
    AlteringEvent {
        event_id: "e-before".to_owned(),
        credential: "cr-ops".to_owned(),
        at: event.at - HOUR,
        request,
        ..event.clone()
    }
}

#[test]
fn a_role_that_was_opened_to_everybody_is_closed() {
    let ec2 = allow(json!({"Service": "ec2.amazonaws.com"}));
    let narrowed = |principal: Value| {
        let mut statement = allow(principal);
        statement["Condition"] = json!({"StringEquals": {"sts:ExternalId": "x"}});
        statement
    };
    let stranger = Credential {
        principal_id: "AIDASTRANGER".to_owned(),
        ..bare("cr-ext", Kind::External, FOREIGN)
    };
    let late = Credential {
        issued_at: Some(NOW - HOUR / 4),
        ..session("cr-taken", OURS, "Deploy", "x")
    };
    let taken = from(&stranger, late);
    for open in [
        allow(json!("*")),
        allow(json!({"AWS": "*"})),
        narrowed(json!({"AWS": "*"})),
        narrowed(json!("*")),
        json!({"Effect": "Allow", "NotPrincipal": {"AWS": OURS}, "Action": "sts:AssumeRole"}),
    ] {
        for breadth in [Breadth::Broad, Breadth::Narrow] {
            let policy = trust(&[ec2.clone(), open.clone()]);
            let door = opens(json!(policy.to_string()));
            let plan = plan_with(&[door], &[stranger.clone(), taken.clone()], breadth);
            let close = step(&plan, "close-trust").unwrap_or_else(|| panic!("{open}"));
            assert!(!close.by_hand && !close.needs_confirmation);
            assert!(
                close.why.contains("opened the role to everybody"),
                "{}",
                close.why
            );
            let left = document(&close.params["policy_document"]);
            assert_eq!(left, trust(std::slice::from_ref(&ec2)), "{open}");
            // Undone, what the thief wrote stands there again: that is what the plan found.
            let undo = close.undo.as_ref().unwrap();
            assert_eq!(document(&undo.params["policy_document"]), policy);
            if breadth == Breadth::Broad {
                assert!(step(&plan, "revoke-role-sessions").is_some());
            }
            // Whoever came in by it is stopped, and has no way in any more.
            assert!(plan.still_alive_after.is_empty(), "{}", plan.markdown());
            let mut fake = Fake::default();
            fake.run(&plan);
            assert!(!fake.can_act(&taken));
        }
    }
    // A stranger by name as well: shut out, beside who is left.
    let policy = trust(&[ec2.clone(), allow(json!({"AWS": ["*", FOREIGN]}))]);
    let plan = plan_with(&[opens(json!(policy.to_string()))], &[], Breadth::Broad);
    let close = step(&plan, "close-trust").unwrap();
    let left = close.params["policy_document"].as_str().unwrap();
    assert!(
        !left.contains("\"*\"") && left.contains("Deny") && left.contains(FOREIGN),
        "{left}"
    );
    // Nobody was let in by it: nothing is closed.
    let harmless = trust(&[ec2]);
    let plan = plan_with(&[opens(json!(harmless.to_string()))], &[], Breadth::Broad);
    assert!(step(&plan, "close-trust").is_none());
}

#[test]
fn a_role_of_which_no_log_says_to_whom_it_was_opened_is_denied() {
    let unread = opens(Value::Null);
    let plan = plan_with(std::slice::from_ref(&unread), &[], Breadth::Broad);
    let deny = step(&plan, "deny-all-on-role").unwrap();
    assert!(
        deny.why.contains("no log holds what it says"),
        "{}",
        deny.why
    );
    let plan = plan_with(&[unread], &[], Breadth::Narrow);
    assert!(step(&plan, "deny-all-on-role").is_none());
}

/// The trust of a role that the tree changed, where an event tells what it was before.
fn restored() -> (Plan, Value, Value) {
    let open = trust(&[allow(json!("*"))]);
    let stood = trust(&[allow(json!({"Service": "ec2.amazonaws.com"}))]);
    let door = opens(json!(open.to_string()));
    let request = json!({"roleName": "Deploy", "policyDocument": stood.to_string()});
    let plan = plan_with(&[door.clone(), before(&door, request)], &[], Breadth::Broad);
    (plan, open, stood)
}

fn restore(plan: &Plan) -> &Step {
    let mut steps = plan.steps.iter();
    steps
        .find(|step| step.kind == "undo-what-was-done" && step.action == "UpdateAssumeRolePolicy")
        .unwrap()
}

fn with_trust(policy: &Value) -> Live {
    let mut live = Live::with_keys(&[KEYS[0]]);
    let object = format!("{OURS}/trust/Deploy");
    live.states
        .insert(object, json!({"policy_document": policy}));
    live
}

fn trust_of(live: &Live) -> &Value {
    &live.states[&format!("{OURS}/trust/Deploy")]["policy_document"]
}

#[test]
fn what_is_as_the_tree_left_it_is_put_back_without_asking() {
    let (plan, open, stood) = restored();
    let put_back = restore(&plan);
    assert!(
        !put_back.needs_confirmation && !put_back.by_hand,
        "{}",
        plan.markdown()
    );
    let scratch = Scratch::named("restored");
    let mut live = with_trust(&open);
    go(&plan, &mut live, &scratch, &mut Hands::at(NOW), &[]).unwrap();
    assert_eq!(*trust_of(&live), stood);
    // It is taken back only where somebody insists, and that is written down.
    let mut journal = Journal::open(&scratch.0, &plan.hash).unwrap();
    let mut clock = Hands::at(NOW + HOUR);
    let mut back = |live: &mut Live, permit| {
        undo(&plan, &put_back.id, permit, live, &mut journal, &mut clock).unwrap()
    };
    assert_eq!(
        back(&mut live, PERMIT),
        Undoing::Refused(UndoRefused::OfTree)
    );
    assert_eq!(back(&mut live, FORCED), Undoing::Undone);
    assert_eq!(*trust_of(&live), open);
    let text = std::fs::read_to_string(&scratch.0).unwrap();
    assert!(text.contains("undo-begin") && text.contains("\"undone\""));
    // The script compares nothing: there it waits for a person.
    let commented = "only after a look whether it is still what the tree left there";
    assert!(plan.script().contains(commented));
}

#[test]
fn what_somebody_changed_since_waits_for_whoever_looks() {
    let (plan, _, stood) = restored();
    let mended = trust(&[allow(json!({"Service": "lambda.amazonaws.com"}))]);
    let put_back = restore(&plan);
    let scratch = Scratch::named("restored-late");
    let mut live = with_trust(&mended);
    let mut clock = Hands::at(NOW);
    let reports = go(&plan, &mut live, &scratch, &mut clock, &[]).unwrap();
    let report = reports
        .iter()
        .find(|report| report.step == put_back.id)
        .unwrap();
    let confirm = format!("--confirm {}", put_back.id);
    assert!(
        matches!(&report.ended, Ended::Skipped(why) if why.contains(&confirm)),
        "{report:?}"
    );
    assert_eq!(*trust_of(&live), mended);
    go(&plan, &mut live, &scratch, &mut clock, &[&put_back.id]).unwrap();
    assert_eq!(*trust_of(&live), stood);
    // Taken back is what was found there, not what the plan knew.
    let mut journal = Journal::open(&scratch.0, &plan.hash).unwrap();
    let ended = undo(
        &plan,
        &put_back.id,
        FORCED,
        &mut live,
        &mut journal,
        &mut clock,
    )
    .unwrap();
    assert_eq!(ended, Undoing::Undone);
    assert_eq!(*trust_of(&live), mended);
}

#[test]
fn what_was_put_back_already_is_left() {
    let (plan, _, stood) = restored();
    let put_back = restore(&plan);
    let scratch = Scratch::named("restored-before");
    let mut live = with_trust(&stood);
    let reports = go(&plan, &mut live, &scratch, &mut Hands::at(NOW), &[]).unwrap();
    let report = reports
        .iter()
        .find(|report| report.step == put_back.id)
        .unwrap();
    assert_eq!(report.ended, Ended::AlreadyDone);
}

/// An event at Lambda that changes the function `export`.
fn changes(name: &str, mut request: Value, role: bool) -> AlteringEvent {
    request["functionName"] = json!("export");
    let response = match role {
        true => json!({"functionName": "export", "role": format!("arn:aws:iam::{OURS}:role/Job")}),
        false => Value::Null,
    };
    AlteringEvent {
        source: "lambda.amazonaws.com".to_owned(),
        region: "eu-west-1".to_owned(),
        ..event("e-f", name, "cr-key", request, response)
    }
}

#[test]
fn a_function_that_runs_what_the_thief_left_is_stopped() {
    let layer = json!({"layers": [format!("arn:aws:lambda:eu-west-1:{FOREIGN}:layer:x:1")]});
    for (name, request, stops) in [
        ("UpdateFunctionCode20150331v2", json!({}), true),
        ("UpdateFunctionConfiguration20150331v2", layer.clone(), true),
        (
            "UpdateFunctionConfiguration20150331v2",
            json!({"environment": {}}),
            true,
        ),
        (
            "UpdateFunctionConfiguration20150331v2",
            json!({"handler": "x.y"}),
            true,
        ),
        (
            "UpdateFunctionConfiguration20150331v2",
            json!({"timeout": 30}),
            false,
        ),
        ("UpdateFunctionEventInvokeConfig", json!({}), false),
    ] {
        for breadth in [Breadth::Broad, Breadth::Narrow] {
            let plan = plan_with(&[changes(name, request.clone(), true)], &[], breadth);
            let stop = step(&plan, "stop-function");
            assert_eq!(stop.is_some(), stops, "{name} {request}");
            let Some(stop) = stop else {
                continue;
            };
            assert!(!stop.by_hand && !stop.needs_confirmation);
            assert_eq!(stop.region, "eu-west-1");
            let snapshot = step(&plan, "snapshot-function").unwrap();
            assert_eq!(stop.depends_on, [snapshot.id.as_str()]);
            let told = "function export in 111122223333, until it is let run again";
            assert!(plan.headline().contains(told), "{}", plan.headline());
            let revokes = plan.steps.iter().any(|step| {
                step.kind == "revoke-role-sessions" && step.params["role_name"] == "Job"
            });
            assert_eq!(revokes, breadth == Breadth::Broad);
        }
    }
    // Somebody has put something else there since: a person looks first.
    let changed = changes("UpdateFunctionCode20150331v2", json!({}), false);
    let later = AlteringEvent {
        event_id: "e-later".to_owned(),
        credential: "cr-ops".to_owned(),
        at: changed.at + 60_000_000,
        ..changed.clone()
    };
    let plan = plan_with(&[changed, later], &[], Breadth::Broad);
    assert!(step(&plan, "stop-function").unwrap().needs_confirmation);
    // What is taken back waits for no snapshot of a function that it has nothing to do with.
    let (open, function) = (
        opens(json!(trust(&[allow(json!("*"))]).to_string())),
        changes("UpdateFunctionCode20150331v2", json!({}), false),
    );
    let request = json!({"roleName": "Deploy", "policyDocument": trust(&[]).to_string()});
    let plan = plan_with(
        &[open.clone(), before(&open, request), function],
        &[],
        Breadth::Broad,
    );
    let snapshot = &step(&plan, "snapshot-function").unwrap().id;
    assert!(!restore(&plan).depends_on.contains(snapshot));
}

#[test]
fn two_functions_of_one_name_in_two_regions_are_both_stopped() {
    let here = changes("UpdateFunctionCode20150331v2", json!({}), false);
    let there = AlteringEvent {
        event_id: "e-there".to_owned(),
        region: "us-east-2".to_owned(),
        ..here.clone()
    };
    let plan = plan_with(&[here, there], &[], Breadth::Broad);
    let stops = plan
        .steps
        .iter()
        .filter(|step| step.kind == "stop-function");
    let regions: Vec<&str> = stops.map(|step| step.region.as_str()).collect();
    assert_eq!(regions, ["eu-west-1", "us-east-2"]);
}

#[test]
fn a_provider_that_the_thief_made_is_shut_out_and_one_that_was_there_is_said_to_be_in() {
    let arn = |what: &str| format!("arn:aws:iam::{OURS}:{what}");
    let saml = (
        "CreateSAMLProvider",
        "sAMLProviderArn",
        arn("saml-provider/backdoor"),
        "sts:AssumeRoleWithSAML",
    );
    let open_id = (
        "CreateOpenIDConnectProvider",
        "openIDConnectProviderArn",
        arn("oidc-provider/id.example.com"),
        "sts:AssumeRoleWithWebIdentity",
    );
    for (call, member, provider, taking) in [saml, open_id] {
        let made = event(
            "e-made",
            call,
            "cr-key",
            Value::Null,
            json!({member: provider}),
        );
        let ours = allow(json!({"AWS": arn("user/ops")}));
        let lets_in = |provider: &str| json!({"Effect": "Allow", "Principal": {"Federated": provider}, "Action": taking});
        for breadth in [Breadth::Broad, Breadth::Narrow] {
            let opened = opens(trust(&[ours.clone(), lets_in(&provider)]));
            let plan = plan_with(&[made.clone(), opened], &[], breadth);
            let closed = step(&plan, "close-trust").unwrap();
            assert!(!closed.by_hand && !closed.needs_confirmation);
            let statements = &document(&closed.params["policy_document"])["Statement"];
            assert_eq!(statements[0], ours);
            let denied =
                json!({"Effect": "Deny", "Principal": {"Federated": [provider]}, "Action": taking});
            assert_eq!(statements[2], denied);
            let headline = plan.headline();
            assert!(!headline.contains("stay open"), "{headline}");
            // Of one that was there before nobody knows whom it vouches for.
            let others = arn("saml-provider/corp");
            for events in [
                vec![opens(trust(&[lets_in(&others)]))],
                vec![
                    made.clone(),
                    opens(trust(&[lets_in(&provider), lets_in(&others)])),
                ],
            ] {
                let plan = plan_with(&events, &[], breadth);
                let looks = |step: &&Step| step.action == "GetRole" && step.by_hand;
                let look = plan.steps.iter().find(looks).unwrap();
                let open = format!(
                    "Ways in that the tree made stay open until a person closes them: see {}.",
                    look.id
                );
                let headline = plan.headline();
                assert!(headline.contains(&open), "{headline}");
            }
        }
    }
}

#[test]
fn a_door_for_certificates_without_its_ids_is_said_to_be_open() {
    let of = |name: &str, request: Value, response: Value| AlteringEvent {
        source: "rolesanywhere.amazonaws.com".to_owned(),
        ..event(&format!("e-{name}"), name, "cr-key", request, response)
    };
    let roles = json!({"roleArns": [format!("arn:aws:iam::{OURS}:role/Deploy")]});
    let profile = |response: Value| of("CreateProfile", roles.clone(), response);
    let unknown = plan_with(&[profile(Value::Null)], &[], Breadth::Narrow);
    let disables = |step: &&Step| step.action == "DisableProfile";
    let by_hand = unknown.steps.iter().find(disables).unwrap();
    let commands = by_hand.commands();
    assert_eq!(
        commands,
        ["aws rolesanywhere disable-profile --profile-id THE-PROFILE-ID --region us-east-1"]
    );
    let open = format!("closes them: see {}.", by_hand.id);
    assert!(unknown.headline().contains(&open), "{}", unknown.headline());
    let id = json!({"profile": {"profileId": "1b0b0b0b-1111-4222-8333-444444444444"}});
    let known = plan_with(&[profile(id)], &[], Breadth::Narrow);
    assert!(!known.headline().contains("closes them"));
}
