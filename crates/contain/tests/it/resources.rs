//! What the thief made and altered: taken back in order, from the records, and never deleted unasked.

use keyline_contain::{AlteringEvent, Plan};
use keyline_lineage::Certainty;
use serde_json::{Value, json};

use crate::guards::event;
use crate::world::*;

fn plan_with(events: Vec<AlteringEvent>) -> Plan {
    let stolen = key("cr-key", OURS, "alice");
    let guessed = by(
        &stolen,
        Certainty::Inferred,
        session("cr-guess", OURS, "Admin", "x"),
    );
    let forest = forest(&[stolen, guessed, key("cr-bob", OURS, "bob")]);
    let mut ask = Ask::of(&forest, "cr-key");
    ask.events = events;
    ask.plan()
}

/// `action` of the steps that take something back, with their marks.
fn told(plan: &Plan) -> Vec<String> {
    let steps = plan
        .steps
        .iter()
        .filter(|step| step.kind == "undo-what-was-done");
    steps
        .map(|step| {
            let by_hand = if step.by_hand { " (by hand)" } else { "" };
            let asks = if step.needs_confirmation {
                " (asks)"
            } else {
                ""
            };
            format!("{}{by_hand}{asks}", step.action)
        })
        .collect()
}

#[test]
fn losses_first_then_what_was_made_last_and_identities_after_their_parts() {
    let mut made = event(
        "e-1",
        "CreateUser",
        "cr-key",
        json!({"userName": "ghost"}),
        json!({"user": {"userName": "ghost"}}),
    );
    // In one second, and by its id after what was attached: order does not follow from the time alone.
    made.event_id = "e-9".to_owned();
    let attached = event(
        "e-2",
        "AttachUserPolicy",
        "cr-key",
        json!({"userName": "ghost", "policyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}),
        Value::Null,
    );
    let mut stopped = event(
        "e-3",
        "StopLogging",
        "cr-key",
        json!({"name": "org"}),
        Value::Null,
    );
    stopped.source = "cloudtrail.amazonaws.com".to_owned();
    let mut machines = event(
        "e-4",
        "RunInstances",
        "cr-key",
        Value::Null,
        json!({"instancesSet": {"items": [{"instanceId": "i-0123456789abcdef0"}]}}),
    );
    machines.source = "ec2.amazonaws.com".to_owned();
    let plan = plan_with(vec![made, attached, stopped, machines]);
    assert_eq!(
        told(&plan),
        [
            "StartLogging (by hand)",
            "StopInstances (by hand)",
            "TerminateInstances (by hand) (asks)",
            "DetachUserPolicy",
            "DeleteUser (by hand) (asks)",
        ]
    );
    let clock = plan
        .steps
        .iter()
        .position(|step| step.action == "StartLogging");
    let deny = plan
        .steps
        .iter()
        .position(|step| step.action == "PutUserPolicy");
    assert!(clock < deny);
    let terminate = plan
        .steps
        .iter()
        .find(|step| step.action == "TerminateInstances")
        .unwrap();
    let stop = plan
        .steps
        .iter()
        .find(|step| step.action == "StopInstances")
        .unwrap();
    assert!(terminate.depends_on.contains(&stop.id));
}

#[test]
fn a_policy_goes_before_the_user_that_it_was_put_on() {
    let made = event(
        "e-1",
        "CreateUser",
        "cr-key",
        json!({"userName": "ghost"}),
        json!({"user": {"userName": "ghost"}}),
    );
    let put = event(
        "e-2",
        "PutUserPolicy",
        "cr-key",
        json!({"userName": "ghost", "policyName": "p", "policyDocument": "{}"}),
        Value::Null,
    );
    assert_eq!(
        told(&plan_with(vec![made, put])),
        ["DeleteUserPolicy (asks)", "DeleteUser (by hand) (asks)"]
    );
}

#[test]
fn what_was_there_before_comes_back_where_it_is_known() {
    let altered = |before| AlteringEvent {
        before,
        ..event(
            "e-1",
            "UpdateAssumeRolePolicy",
            "cr-key",
            json!({"roleName": "Admin", "policyDocument": "{\"new\":1}"}),
            Value::Null,
        )
    };
    let known = plan_with(vec![altered(Some(
        json!({"policyDocument": "{\"old\":1}"}),
    ))]);
    let step = known
        .steps
        .iter()
        .find(|step| step.kind == "undo-what-was-done")
        .unwrap();
    assert_eq!(step.params["policy_document"], "{\"old\":1}");
    // It is written over what the tree left there, or somebody looks first.
    assert_eq!(told(&known), ["UpdateAssumeRolePolicy"]);
    assert_eq!(told(&plan_with(vec![altered(None)])), ["GetRole (by hand)"]);
}

#[test]
fn only_what_confirmed_credentials_did() {
    let request = json!({"userName": "ghost", "groupName": "admins"});
    let by_whom = |credential: &str| {
        plan_with(vec![event(
            "e-1",
            "AddUserToGroup",
            credential,
            request.clone(),
            Value::Null,
        )])
    };
    assert_eq!(told(&by_whom("cr-key")), ["RemoveUserFromGroup"]);
    assert!(told(&by_whom("cr-bob")).is_empty());
    let guessed = by_whom("cr-guess");
    assert!(told(&guessed).is_empty());
    assert!(
        guessed
            .refused
            .iter()
            .any(|refused| refused.why.contains("inferred"))
    );
    let mut failed = event(
        "e-1",
        "AddUserToGroup",
        "cr-key",
        request.clone(),
        Value::Null,
    );
    failed.failed = true;
    assert!(told(&plan_with(vec![failed])).is_empty());
    let mut shared = event("e-1", "AddUserToGroup", "cr-key", request, Value::Null);
    shared.touched_later_by = vec!["terraform".to_owned()];
    assert_eq!(
        told(&plan_with(vec![shared])),
        ["RemoveUserFromGroup (asks)"]
    );
}

#[test]
fn rows_that_are_only_remembered_and_records_that_lack_something_are_for_a_person() {
    let group = event(
        "e-1",
        "CreateGroup",
        "cr-key",
        json!({"groupName": "g"}),
        Value::Null,
    );
    assert_eq!(
        told(&plan_with(vec![group])),
        ["DeleteGroup (by hand) (asks)"]
    );
    let lacking = event(
        "e-1",
        "AttachRolePolicy",
        "cr-key",
        json!({"roleName": "Admin"}),
        Value::Null,
    );
    let plan = plan_with(vec![lacking]);
    assert_eq!(told(&plan), ["DetachRolePolicy (by hand)"]);
    let step = plan
        .steps
        .iter()
        .find(|step| step.kind == "undo-what-was-done")
        .unwrap();
    assert!(step.why.contains("policy_arn"), "{}", step.why);
}

#[test]
fn a_role_that_the_thief_made_is_denied_altogether() {
    let stolen = key("cr-key", OURS, "alice");
    let session = from(&stolen, session("cr-role", OURS, "Ghost", "x"));
    let forest = forest(&[stolen, session]);
    let mut ask = Ask::of(&forest, "cr-key");
    ask.events = vec![event(
        "e-1",
        "CreateRole",
        "cr-key",
        json!({"roleName": "Ghost"}),
        json!({"role": {"roleName": "Ghost"}}),
    )];
    let plan = ask.plan();
    assert!(
        plan.steps
            .iter()
            .any(|step| step.kind == "deny-all-on-role")
    );
    assert_eq!(told(&plan), ["DeleteRole (by hand) (asks)"]);
}

#[test]
fn the_name_of_a_service_linked_role_protects_none_that_the_thief_made() {
    let named = "AWSServiceRoleForSupport";
    let stolen = key("cr-key", OURS, "alice");
    let session = from(&stolen, session("cr-role", OURS, named, "x"));
    let tree = [stolen, session];
    let forest = forest(&tree);
    for seen in [true, false] {
        let made = json!({"roleName": named});
        let of = event(
            "e-1",
            "CreateRole",
            "cr-key",
            made.clone(),
            json!({"role": made}),
        );
        let only_key = crate::world::forest(&tree[..1]);
        let mut ask = Ask::of(if seen { &forest } else { &only_key }, "cr-key");
        ask.events = vec![of];
        let plan = ask.plan();
        assert!(plan.still_alive_after.is_empty() && plan.refused.is_empty());
        let denied = plan
            .steps
            .iter()
            .any(|step| step.kind == "deny-all-on-role");
        assert!(denied, "{}", plan.markdown());
        assert_eq!(told(&plan), ["DeleteRole (by hand) (asks)"]);
        let note = plan
            .notes
            .iter()
            .any(|note| note.contains(&format!("--force {named}")));
        assert!(note, "{:?}", plan.notes);
        // Nothing but the name is known when it is carried out.
        let scratch = crate::running::Scratch::named("seems");
        let mut live = crate::live::Live::with_keys(&crate::live::KEYS[..1]);
        let mut go = |forced: &[&str]| {
            let estate = keyline_contain::Estate {
                forced: forced.iter().map(|name| (*name).to_owned()).collect(),
                ..keyline_contain::Estate::default()
            };
            let mut clock = crate::live::Hands::at(NOW);
            crate::running::go_under(&estate, &plan, &mut live, &scratch, &mut clock, &[])
        };
        assert_eq!(
            go(&[]).unwrap_err().kind(),
            keyline_contain::ErrorKind::Guarded
        );
        assert!(go(&[named]).is_ok());
    }
    // One that nobody of the tree made is what it is called.
    let plan = Ask::of(&forest, "cr-key").plan();
    assert_eq!(plan.refused.len(), 1);
}

#[test]
fn what_was_there_before_is_found_in_earlier_events() {
    use keyline_contain::history::complete;
    let trust = |id: &str, by: &str, at: i64, role: &str, document: &str| AlteringEvent {
        at,
        ..event(
            id,
            "UpdateAssumeRolePolicy",
            by,
            json!({"roleName": role, "policyDocument": document}),
            Value::Null,
        )
    };
    let events = vec![
        trust("e-3", "cr-key", 3, "Admin", "second of the thief"),
        trust("e-1", "cr-bob", 1, "Admin", "legitimate"),
        trust("e-0", "cr-bob", 0, "Other", "of another role"),
        trust("e-2", "cr-key", 2, "Admin", "of the thief"),
        trust("e-4", "cr-bob", 4, "Admin", "repaired"),
    ];
    let known = complete(events, &["cr-key".to_owned()].into(), None);
    let told: Vec<(&str, Option<&str>, usize)> = known
        .iter()
        .map(|event| {
            let before = event.before.as_ref();
            let document = before.and_then(|request| request["policyDocument"].as_str());
            (
                event.event_id.as_str(),
                document,
                event.touched_later_by.len(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("e-0", None, 0),
            ("e-1", None, 0),
            ("e-2", Some("legitimate"), 1),
            ("e-3", Some("legitimate"), 1),
            ("e-4", None, 0),
        ]
    );
}

/// What stood there before the tree came, by events of one user and one role in the order of their time.
#[track_caller]
fn check_before(events: &[(&str, &str, Value)], expected: Option<Value>, later: usize) {
    let at = |(place, (name, by, said)): (usize, &(&str, &str, Value))| {
        let mut request = json!({"userName": "bob", "roleName": "Admin", "policyName": "p",
            "policyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"});
        let members = said.as_object().unwrap().clone();
        request.as_object_mut().unwrap().extend(members);
        AlteringEvent {
            at: place as i64,
            ..event(&format!("e-{place}"), name, by, request, Value::Null)
        }
    };
    let events = events.iter().enumerate().map(at).collect();
    let known = keyline_contain::history::complete(events, &["cr-key".to_owned()].into(), None);
    let of_tree = known
        .iter()
        .find(|event| event.credential == "cr-key")
        .unwrap();
    let before = of_tree
        .before
        .as_ref()
        .map(|before| before["policyDocument"].clone());
    assert_eq!(before, expected);
    assert_eq!(of_tree.touched_later_by.len(), later);
}

#[test]
fn what_was_taken_away_before_the_tree_came_does_not_come_back() {
    let policy = |text: &str| json!({"policyDocument": text});
    let none = || json!({});
    for (put, taken) in [
        ("PutUserPolicy", "DeleteUserPolicy"),
        ("PutRolePolicy", "DeleteRolePolicy"),
    ] {
        let theirs = (put, "cr-bob", policy("theirs"));
        let thiefs = (put, "cr-key", policy("the thief's"));
        check_before(&[theirs.clone(), thiefs.clone()], Some(json!("theirs")), 0);
        let away = (taken, "cr-bob", none());
        check_before(&[theirs.clone(), away.clone(), thiefs.clone()], None, 0);
        // Who takes away what the thief wrote has touched it.
        check_before(&[thiefs, away], None, 1);
        // And what the thief took away is known.
        check_before(
            &[theirs, (taken, "cr-key", none())],
            Some(json!("theirs")),
            0,
        );
    }
    // Who made a role wrote its first trust.
    let made = (
        "CreateRole",
        "cr-bob",
        json!({"assumeRolePolicyDocument": "first"}),
    );
    let opened = ("UpdateAssumeRolePolicy", "cr-key", policy("open"));
    check_before(&[made.clone(), opened.clone()], Some(json!("first")), 0);
    let changed = ("UpdateAssumeRolePolicy", "cr-bob", policy("second"));
    check_before(&[made, changed, opened], Some(json!("second")), 0);
}

#[test]
fn what_was_attached_before_the_tree_attached_it_again_is_asked_about() {
    let attached = |before: Option<Value>| {
        let request =
            json!({"userName": "bob", "policyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"});
        let attached = event("e-1", "AttachUserPolicy", "cr-key", request, Value::Null);
        plan_with(vec![AlteringEvent { before, ..attached }])
    };
    assert_eq!(told(&attached(None)), ["DetachUserPolicy"]);
    let again = attached(Some(json!({"userName": "bob"})));
    assert_eq!(told(&again), ["DetachUserPolicy (asks)"]);
}

#[test]
fn events_are_known_by_every_name_that_their_service_writes() {
    let names = |event: &str| {
        let row = keyline_contain::undo_map::find("lambda.amazonaws.com", event);
        row.unwrap().names()
    };
    assert_eq!(
        names("UpdateFunctionCode"),
        [
            "UpdateFunctionCode",
            "UpdateFunctionCode20150331v2",
            "UpdateFunctionCode20150331"
        ]
    );
    assert_eq!(
        names("CreateFunctionUrlConfig"),
        ["CreateFunctionUrlConfig"]
    );
}

/// A key that made things for months before it was stolen.
fn with_a_past(change: impl Fn(&mut Ask<'_>)) -> Plan {
    let mut stolen = key("cr-key", OURS, "alice");
    stolen.sources = vec![keyline_lineage::Source {
        address: "192.0.2.10".to_owned(),
        first_used: NOW - 1_000 * HOUR,
        last_used: NOW,
        event_count: 9,
    }];
    let mut early = from(&stolen, key("cr-early", OURS, "ci"));
    early.issued_at = Some(NOW - 900 * HOUR);
    let below_early = from(&early, session("cr-job", OURS, "Deploy", "x"));
    let mut second = from(&stolen, key("cr-second", OURS, "alice"));
    second.issued_at = Some(NOW - 900 * HOUR);
    let mut late = from(&stolen, key("cr-late", OURS, "ghost"));
    late.issued_at = Some(NOW - HOUR);
    let forest = forest(&[stolen, early, below_early, second, late]);
    let made = |id: &str, user: &str, at: i64| AlteringEvent {
        at,
        address: "192.0.2.10".to_owned(),
        ..event(
            id,
            "AttachUserPolicy",
            "cr-key",
            json!({"userName": user, "policyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}),
            Value::Null,
        )
    };
    let mut ask = Ask::of(&forest, "cr-key");
    ask.events = vec![
        made("e-1", "ci", NOW - 900 * HOUR),
        AlteringEvent {
            address: "203.0.113.66".to_owned(),
            ..made("e-2", "ghost", NOW - HOUR)
        },
    ];
    change(&mut ask);
    ask.plan()
}

#[test]
fn what_was_made_before_the_theft_is_left_to_a_person() {
    let told_of = |plan: &Plan, text: &str| plan.notes.iter().any(|note| note.contains(text));
    let unknown = with_a_past(|_| {});
    assert_eq!(unknown.stolen_since, None);
    assert_eq!(told(&unknown), ["DetachUserPolicy", "DetachUserPolicy"]);
    assert!(told_of(&unknown, "(2 changes)"), "{:?}", unknown.notes);
    assert!(told_of(&unknown, "1 of the changes came from addresses"));
    let alerted = with_a_past(|ask| ask.first_alert = Some(NOW - 2 * HOUR));
    assert!(told_of(
        &alerted,
        "1 of the changes were made before the first alert"
    ));
    assert!(told_of(
        &alerted,
        "2 of the credentials were made before the first alert"
    ));

    let known = with_a_past(|ask| ask.stolen_since = Some(NOW - 2 * HOUR));
    assert_eq!(known.credentials, ["cr-key", "cr-late"]);
    assert_eq!(
        told(&known),
        ["DetachUserPolicy", "DetachUserPolicy (by hand) (asks)"]
    );
    let by_hand = known
        .steps
        .iter()
        .find(|step| step.kind == "undo-what-was-done" && step.by_hand);
    assert!(by_hand.unwrap().why.contains("before the theft"));
    assert!(told_of(
        &known,
        "left alone, with all below it: 2 credentials"
    ));
    assert_ne!(known.hash, unknown.hash);
    // Others' keys: one of the same user is switched off, to be given back, and its use is legitimate; one of
    // another user is not touched.
    let of_key = |plan: &Plan, id: &str| {
        let of_key =
            |step: &&keyline_contain::Step| step.params.get("access_key_id") == Some(&json!(id));
        plan.steps.iter().find(of_key).cloned()
    };
    let second = of_key(&known, "AKIACRSECOND").unwrap();
    assert!(second.undo.is_some());
    assert_eq!(second.breaks, ["cr-second"]);
    assert!(of_key(&unknown, "AKIACRSECOND").unwrap().undo.is_none());
    assert!(of_key(&known, "AKIACREARLY").is_none());
    assert!(of_key(&known, "AKIACRLATE").unwrap().undo.is_none());
    let again = Plan::from_json(&known.to_json().to_string()).unwrap();
    assert_eq!(again, known);
}

#[test]
fn what_the_credential_set_before_it_was_stolen_is_put_back() {
    use keyline_contain::history::complete;
    let trust = |id: &str, at: i64, document: &str| AlteringEvent {
        at,
        ..event(
            id,
            "UpdateAssumeRolePolicy",
            "cr-key",
            json!({"roleName": "Admin", "policyDocument": document}),
            Value::Null,
        )
    };
    let events = vec![
        trust("e-1", 1, "of the owner"),
        trust("e-2", 2, "of the thief"),
    ];
    let before = |since| {
        let known = complete(events.clone(), &["cr-key".to_owned()].into(), since);
        known[1]
            .before
            .clone()
            .map(|request| request["policyDocument"].clone())
    };
    assert_eq!(before(None), None);
    assert_eq!(before(Some(2)), Some(json!("of the owner")));
}

#[test]
fn roles_that_the_thief_made_or_opened_are_denied_although_no_session_of_them_is_known() {
    let role = |name: &str, role: &str| {
        let request = json!({"roleName": role, "policyDocument": "{}"});
        event(&format!("e-{name}"), name, "cr-key", request, Value::Null)
    };
    let plan = plan_with(vec![
        role("CreateRole", "Ghost"),
        role("UpdateAssumeRolePolicy", "Backdoor"),
    ]);
    let put: Vec<(&str, &str)> = plan
        .steps
        .iter()
        .filter(|step| step.action == "PutRolePolicy")
        .map(|step| {
            (
                step.kind.as_str(),
                step.params["role_name"].as_str().unwrap(),
            )
        })
        .collect();
    assert!(put.contains(&("deny-all-on-role", "Ghost")), "{put:?}");
    assert!(
        put.contains(&("revoke-role-sessions", "Backdoor")),
        "{put:?}"
    );
}

#[test]
fn roles_that_certificates_of_the_thief_may_take_are_revoked() {
    let role = |account: &str, name: &str| format!("arn:aws:iam::{account}:role/team/{name}");
    let request = json!({"name": "p", "roleArns": [role(OURS, "Backup"), role(OTHER, "No"), "x"]});
    let mut made = event("e-1", "CreateProfile", "cr-key", request, Value::Null);
    made.source = "rolesanywhere.amazonaws.com".to_owned();
    let forest = forest(&[key("cr-key", OURS, "alice")]);
    let mut ask = Ask::of(&forest, "cr-key");
    ask.events = vec![made];
    let revoked = |plan: &Plan| -> Vec<String> {
        let roles = plan
            .steps
            .iter()
            .filter(|step| step.kind == "revoke-role-sessions");
        roles
            .map(|step| step.params["role_name"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(revoked(&ask.plan()), ["Backup", "Backup"]);
    // The narrow way stops what is known, and no session is.
    ask.breadth = keyline_contain::Breadth::Narrow;
    assert!(revoked(&ask.plan()).is_empty());
}

#[test]
fn a_stranger_whom_the_thief_let_in_is_shut_out_although_nobody_knows_what_stood_there_before() {
    let trust = |who: Value| {
        json!({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": {"AWS": who}, "Action": "sts:AssumeRole"},
        ]})
    };
    let opened = |who: Value| {
        let request = json!({"roleName": "Deploy", "policyDocument": trust(who).to_string()});
        event(
            "e-1",
            "UpdateAssumeRolePolicy",
            "cr-key",
            request,
            Value::Null,
        )
    };
    let steps = |event: AlteringEvent| {
        let stolen = key("cr-key", OURS, "alice");
        let forest = forest(&[stolen]);
        let mut ask = Ask::of(&forest, "cr-key");
        ask.estate.accounts = Some([OURS.to_owned()].into());
        ask.events = vec![event];
        let plan = ask.plan();
        let closing = plan.steps.iter().filter(|step| step.kind == "close-trust");
        closing.cloned().collect::<Vec<_>>()
    };
    let stranger = format!("arn:aws:iam::{FOREIGN}:root");
    let ours = format!("arn:aws:iam::{OURS}:user/alice");
    let closed = steps(opened(json!([stranger, ours])));
    assert_eq!(closed.len(), 1);
    let document: Value =
        serde_json::from_str(closed[0].params["policy_document"].as_str().unwrap()).unwrap();
    let statements = document["Statement"].as_array().unwrap();
    assert_eq!(statements[0]["Principal"]["AWS"], json!([stranger, ours]));
    assert_eq!(statements[1]["Effect"], "Deny");
    assert_eq!(statements[1]["Principal"]["AWS"], json!([stranger]));
    assert!(!closed[0].by_hand && closed[0].undo.is_some());
    // Nobody of ours is shut out, and where it is known what stood there before, that is put back.
    assert!(steps(opened(json!(ours))).is_empty());
    let mut known = opened(json!(stranger));
    known.before = Some(json!({"policyDocument": "{}"}));
    assert!(steps(known).is_empty());
}
