//! Steps taken back: what was there comes back, and nothing that a denial holds down wakes up.

use keyline_contain::journal::Journal;
use keyline_contain::undo::{UndoRefused, Undoing, undo};
use keyline_lineage::{Credential, Origin};
use serde_json::{Value, json};

use crate::live::*;
use crate::running::{Scratch, go, plan_of};
use crate::world::*;

/// When the denial of a role may be lifted at the earliest that was carried out at `NOW`, in whole hours.
#[track_caller]
fn check_role(name: &str, credential: Credential, trust: Value, hours: i64) {
    let plan = plan_of(std::slice::from_ref(&credential), &credential.id);
    let scratch = Scratch::named(&format!("undo-role-{name}"));
    let mut live = Live::with_keys(&[]);
    let filed = json!({"max_session_duration": 3_600, "assume_role_policy_document": trust});
    live.filed = filed.as_object().unwrap().clone();
    let mut clock = Hands::at(NOW);
    go(&plan, &mut live, &scratch, &mut clock, &[]).unwrap();
    let kinds = ["deny-role-sessions", "revoke-role-sessions"];
    let mut steps = plan.steps.iter();
    let step = steps
        .find(|step| kinds.contains(&step.kind.as_str()))
        .unwrap();
    let mut journal = Journal::open(&scratch.0, &plan.hash).unwrap();
    let mut at = |now: i64| {
        clock.now = now;
        undo(&plan, &step.id, PERMIT, &mut live, &mut journal, &mut clock).unwrap()
    };
    let Undoing::Refused(UndoRefused::Zombies { until }) = at(NOW + hours * HOUR - HOUR / 2) else {
        panic!("{name} is lifted too early");
    };
    assert!(until < NOW + hours * HOUR + HOUR / 2, "{name}");
    assert_eq!(at(until), Undoing::Undone, "{name}");
}

#[test]
fn a_roles_own_maximum_does_not_bind_what_services_give_out() {
    let trust = |principal: Value| json!({"Statement": [{"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}]});
    let by_service = || trust(json!({"Service": ["ec2.amazonaws.com"]}));
    let by_account = || trust(json!({"AWS": format!("arn:aws:iam::{OURS}:root")}));
    let session = || until(NOW + HOUR / 2, session("cr-role", OURS, "Admin", "x"));
    check_role("account", session(), by_account(), 1);
    check_role("service", session(), by_service(), 12);
    let both = json!({"Service": "lambda.amazonaws.com", "AWS": OURS});
    check_role("both", session(), trust(both), 12);
    check_role("not-known", session(), Value::Null, 12);
    let machine = until(
        NOW + HOUR / 2,
        instance("cr-i", OURS, "Web", "i-0123456789abcdef0"),
    );
    check_role("instance", machine, by_service(), 12);
    // The maximum was lowered since: what is known to live longer counts.
    let long = until(NOW + 9 * HOUR, session());
    check_role("lowered", long, by_account(), 9);
}

#[test]
fn a_function_gets_the_concurrency_back_that_was_reserved_for_it() {
    let function = Credential {
        origin: Some(Origin {
            kind: "lambda-function",
            id: format!("arn:aws:lambda:eu-west-1:{OURS}:function:resize"),
        }),
        ..session("cr-l", OURS, "Resize", "resize")
    };
    let plan = plan_of(&[function], "cr-l");
    let stop = plan.steps.iter().find(|step| step.kind == "stop-function");
    let stop = &stop.unwrap().id;
    let object = format!("{OURS}//resize");
    let reserved = |number: i64| json!({"reserved_concurrent_executions": number});
    for before in [Some(reserved(7)), None] {
        let scratch = Scratch::named("reserved");
        let mut live = Live::with_keys(&[]);
        live.states
            .extend(before.clone().map(|state| (object.clone(), state)));
        let mut clock = Hands::at(NOW);
        go(&plan, &mut live, &scratch, &mut clock, &[]).unwrap();
        assert_eq!(live.states[&object], reserved(0));
        let mut journal = Journal::open(&scratch.0, &plan.hash).unwrap();
        let undone = undo(&plan, stop, PERMIT, &mut live, &mut journal, &mut clock).unwrap();
        assert_eq!(undone, Undoing::Undone);
        assert_eq!(live.states.get(&object), before.as_ref());
    }
}
