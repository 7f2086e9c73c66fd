//! A denial holds down tokens that nobody can see: it is not lifted before they have expired.

use keyline_contain::undo::{Done, Force, Known, UndoRefused, undo_of};
use keyline_contain::{Call, Plan};

use crate::world::*;

/// A plan for a key and a role, every step of the program done at `at`.
fn done(plan: &Plan, at: i64) -> Vec<Done> {
    let taken = plan.steps.iter().filter(|step| !step.by_hand);
    taken
        .map(|step| Done {
            step: step.id.clone(),
            at,
        })
        .collect()
}

fn known(done: &[Done], now: i64) -> Known<'_> {
    Known {
        done,
        now,
        keys_until: None,
        force: Force::No,
    }
}

fn step<'a>(plan: &'a Plan, kind: &str) -> &'a str {
    &plan.steps.iter().find(|step| step.kind == kind).unwrap().id
}

fn stolen_key_and_role() -> Plan {
    let stolen = key("cr-key", OURS, "alice");
    let role = from(&stolen, session("cr-role", OURS, "Admin", "x"));
    let forest = forest(&[stolen, role]);
    Ask::of(&forest, "cr-key").plan()
}

#[test]
fn a_users_denial_stays_for_36_hours_after_its_last_key_was_switched_off() {
    let plan = stolen_key_and_role();
    let mut done = done(&plan, NOW);
    // The key was switched off an hour later than the denial was set: until then it could still ask for
    // session tokens, which needs no permission.
    let key_off = done
        .iter_mut()
        .find(|known| known.step == step(&plan, "deactivate-access-key"))
        .unwrap();
    key_off.at = NOW + HOUR;
    // What is denied by its age may be made until ten seconds after the step.
    for (kind, ahead_s) in [("deny-all-on-user", 0), ("revoke-user-sessions", 10)] {
        let undo = |now| undo_of(&plan, step(&plan, kind), known(&done, now), |_, _| None);
        let until = NOW + 37 * HOUR + ahead_s * 1_000_000;
        assert_eq!(
            undo(NOW + 36 * HOUR),
            Err(UndoRefused::Zombies { until }),
            "{kind}"
        );
        assert_eq!(
            undo(until - 1),
            Err(UndoRefused::Zombies { until }),
            "{kind}"
        );
        assert_eq!(undo(until).unwrap().action, "DeleteUserPolicy", "{kind}");
    }
    assert!(
        UndoRefused::Zombies { until: NOW }
            .why()
            .contains("work again")
    );
}

#[test]
fn a_roles_denial_stays_for_its_longest_session() {
    let plan = stolen_key_and_role();
    let done = done(&plan, NOW);
    let undo = |longest_s, now| {
        let of_role = move |_: &str, _: &str| longest_s;
        undo_of(
            &plan,
            step(&plan, "revoke-role-sessions"),
            known(&done, now),
            of_role,
        )
    };
    let ahead = 10_000_000;
    assert!(undo(None, NOW + 12 * HOUR + ahead - 1).is_err());
    assert!(undo(None, NOW + 12 * HOUR + ahead).is_ok());
    assert!(undo(Some(3_600), NOW + HOUR + ahead - 1).is_err());
    assert!(undo(Some(3_600), NOW + HOUR + ahead).is_ok());
}

#[test]
fn keys_come_back_at_once_and_those_of_the_thief_never() {
    let stolen = key("cr-key", OURS, "alice");
    let backup = from(&stolen, key("cr-backup", OURS, "alice"));
    let other = key("cr-other", OURS, "alice");
    let forest = forest(&[stolen, backup, other]);
    let plan = Ask::of(&forest, "cr-key").plan();
    let done = done(&plan, NOW);
    let of_key = |id: &str, force| {
        let step = plan.steps.iter().find(|step| {
            step.kind == "deactivate-access-key" && step.params["access_key_id"] == id
        });
        let known = Known {
            force,
            ..known(&done, NOW)
        };
        undo_of(&plan, &step.unwrap().id, known, |_, _| None)
    };
    let active = |undo: Result<&Call, _>| undo.unwrap().params["status"] == "Active";
    assert!(active(of_key("AKIACROTHER", Force::No)));
    assert_eq!(of_key("AKIACRKEY", Force::No), Err(UndoRefused::Stolen));
    assert!(active(of_key("AKIACRKEY", Force::Yes)));
    for force in [Force::No, Force::Yes] {
        let ended = of_key("AKIACRBACKUP", force);
        assert_eq!(ended, Err(UndoRefused::NotReversible));
    }
    assert_eq!(
        undo_of(&plan, "s999", known(&done, NOW), |_, _| None),
        Err(UndoRefused::NoSuchStep)
    );
    assert_eq!(
        undo_of(&plan, "s1", known(&[], NOW), |_, _| None),
        Err(UndoRefused::NotDone)
    );
}

#[test]
fn a_key_is_deleted_by_a_later_plan_when_it_has_been_inactive_for_a_day() {
    use keyline_lineage::{Change, Effect};
    let inactive_since = |at| {
        let mut stolen = key("cr-key", OURS, "alice");
        stolen.changes.push(Change {
            at,
            effect: Effect::Inactive,
            by: "iam:UpdateAccessKey".to_owned(),
            event_id: "e".to_owned(),
            by_credential: None,
        });
        let forest = forest(&[stolen]);
        Ask::of(&forest, "cr-key").plan()
    };
    let told =
        |plan: &Plan| -> Vec<String> { plan.steps.iter().map(|step| step.kind.clone()).collect() };
    // Whoever used it rightfully needs another, whoever switched it off.
    let young = inactive_since(NOW - 24 * HOUR + 1);
    assert_eq!(told(&young), ["rotate-access-key"]);
    assert!(
        young.headline().starts_with("Nothing of it works")
            && young.headline().ends_with("needs another: see s1."),
        "{}",
        young.headline()
    );
    let plan = inactive_since(NOW - 24 * HOUR);
    assert_eq!(told(&plan), ["rotate-access-key", "delete-access-key"]);
    let deletion = &plan.steps[1];
    assert!(deletion.needs_confirmation && deletion.undo.is_none());
    // One that somebody has switched on again meanwhile stays.
    for (status, left) in [("Active", true), ("Inactive", false)] {
        let scratch = crate::running::Scratch::named(&format!("old-key-{status}"));
        let mut live = crate::live::Live::with_keys(&crate::live::KEYS[..1]);
        let object = format!("{OURS}//alice/AKIACRKEY");
        let state = serde_json::json!({"status": status});
        live.states.insert(object.clone(), state);
        let mut clock = crate::live::Hands::at(NOW);
        let confirmed = &[deletion.id.as_str()];
        crate::running::go(&plan, &mut live, &scratch, &mut clock, confirmed).unwrap();
        assert_eq!(live.states.contains_key(&object), left, "{status}");
    }
}
