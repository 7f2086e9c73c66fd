//! Every key of a denied user is switched off, also those that no plan could name; and while one works, or did
//! a day ago, no denial is lifted.

use keyline_contain::aws::CallError;
use keyline_contain::journal::Journal;
use keyline_contain::run::Ended;
use keyline_contain::undo::{UndoRefused, Undoing, undo};
use keyline_contain::verify::{awake, look};
use keyline_contain::{Plan, Step};
use serde_json::json;

use crate::live::*;
use crate::running::{Scratch, go, plan_of};
use crate::world::*;

/// The step about every other key of a user.
fn sweep<'p>(plan: &'p Plan, user: &str) -> &'p str {
    let mut steps = plan.steps.iter();
    let of_user =
        |step: &&Step| step.kind == "deactivate-other-keys" && step.params["user_name"] == user;
    &steps.find(of_user).unwrap().id
}

/// The keys of [`tree`], and one more.
pub const HIDDEN: [(&str, &str, &str); 3] = [KEYS[0], KEYS[1], (OURS, "alice", "AKIAHIDDEN")];

#[test]
fn every_other_key_of_a_denied_user_is_switched_off_named_and_given_back_only_by_force() {
    let plan = plan_of(&tree(), "cr-key");
    let scratch = Scratch::named("hidden");
    let mut live = Live::with_keys(&HIDDEN);
    let mut clock = Hands::at(NOW);
    let reports = go(&plan, &mut live, &scratch, &mut clock, &[]).unwrap();
    let bad = reports
        .iter()
        .any(|report| matches!(report.ended, Ended::Failed(_)));
    assert!(!bad, "{reports:?}");
    let state = |live: &Live| live.states[&format!("{OURS}//alice/AKIAHIDDEN")]["status"].clone();
    assert_eq!(state(&live), "Inactive");
    let id = sweep(&plan, "alice");
    let found: Vec<_> = reports.iter().flat_map(|report| &report.found).collect();
    let [found] = found[..] else {
        panic!("{found:?}");
    };
    assert_eq!(
        (found.step.as_str(), found.key.as_str()),
        (id, "AKIAHIDDEN")
    );
    // It has lines of its own in the journal, before its call and after it.
    let mut journal = Journal::open(&scratch.0, &plan.hash).unwrap();
    let lines: Vec<&str> = journal
        .lines()
        .iter()
        .filter(|line| line.step == id)
        .map(|line| line.event.name())
        .collect();
    assert_eq!(lines, ["begin", "switched-off", "done"]);
    assert!(look(&plan, &mut live, &journal).is_empty());
    assert!(awake(&plan, &mut live, &journal).is_empty());
    let mut taken_back = |id: &str, permit, live: &mut Live, clock: &mut Hands| {
        undo(&plan, id, permit, live, &mut journal, clock).unwrap()
    };
    let ended = taken_back(id, PERMIT, &mut live, &mut clock);
    assert_eq!(ended, Undoing::Refused(UndoRefused::Nobodys));
    // It is known since when it is off, so that the denial can be lifted 36 hours after.
    let denial = plan
        .steps
        .iter()
        .find(|step| step.kind == "deny-all-on-user" && step.params["user_name"] == "alice");
    clock.now += 37 * HOUR;
    let ended = taken_back(&denial.unwrap().id, PERMIT, &mut live, &mut clock);
    assert_eq!(ended, Undoing::Undone);
    assert_eq!(
        taken_back(id, FORCED, &mut live, &mut clock),
        Undoing::Undone
    );
    assert_eq!(state(&live), "Active");
    // Of the other user nothing was switched off that nobody knew.
    let none = taken_back(sweep(&plan, "bob"), FORCED, &mut live, &mut clock);
    assert_eq!(none, Undoing::Refused(UndoRefused::NotOurs));
}

#[test]
fn a_key_that_is_made_after_the_step_is_switched_off_at_the_next_look() {
    let plan = plan_of(&tree(), "cr-key");
    let scratch = Scratch::named("made-late");
    let mut live = Live::with_keys(&KEYS);
    // When the role is revoked, everything about keys has been done.
    live.thief = Some(|live: &mut Live| {
        let stamped = live
            .made
            .iter()
            .any(|made| made.contains("Keyline-revoke") && made.contains("alice"));
        let key = format!("{OURS}//alice/AKIALATE");
        if stamped && !live.states.contains_key(&key) {
            live.states.insert(key, json!({"status": "Active"}));
        }
    });
    let reports = go(&plan, &mut live, &scratch, &mut Hands::at(NOW), &[]).unwrap();
    assert_eq!(
        live.states[&format!("{OURS}//alice/AKIALATE")]["status"],
        "Inactive"
    );
    let verify = plan
        .steps
        .iter()
        .find(|step| step.kind == "verify")
        .unwrap();
    let verified = reports
        .iter()
        .find(|report| report.step == verify.id)
        .unwrap();
    assert_eq!(verified.ended, Ended::Done);
    assert_eq!(verified.found[0].key, "AKIALATE");
    assert_eq!(verified.found[0].step, sweep(&plan, "alice"));
}

#[test]
fn a_key_that_cannot_be_switched_off_fails_its_step_and_the_verification() {
    let plan = plan_of(&tree(), "cr-key");
    let scratch = Scratch::named("stays-on");
    let mut live = Live::with_keys(&HIDDEN);
    live.faults.insert(
        "UpdateAccessKey".to_owned(),
        CallError::of("AccessDenied", "no"),
    );
    let reports = go(&plan, &mut live, &scratch, &mut Hands::at(NOW), &[]).unwrap();
    let failed = |id: &str| {
        let mut of_step = reports.iter().filter(|report| report.step == id);
        of_step.any(|report| matches!(report.ended, Ended::Failed(_)))
    };
    assert!(failed(sweep(&plan, "alice")), "{reports:?}");
    let verify = plan
        .steps
        .iter()
        .find(|step| step.kind == "verify")
        .unwrap();
    let told = reports
        .iter()
        .find(|report| report.step == verify.id)
        .unwrap();
    let Ended::Failed(why) = &told.ended else {
        panic!("{told:?}");
    };
    assert!(why.contains("AKIAHIDDEN of alice"), "{why}");
    let journal = Journal::open(&scratch.0, &plan.hash).unwrap();
    let keys: Vec<Option<String>> = awake(&plan, &mut live, &journal)
        .into_iter()
        .map(|key| key.key)
        .collect();
    assert!(keys.contains(&Some("AKIAHIDDEN".to_owned())));
}

#[test]
fn a_denial_is_not_lifted_while_a_key_works_nor_36_hours_after_it_did() {
    let mut of_alice = tree();
    of_alice.push(key("cr-other", OURS, "alice"));
    let plan = plan_of(&of_alice, "cr-key");
    let step = |kind: &str, key: &str| {
        let named = |step: &&Step| {
            step.kind == kind
                && step.params["user_name"] == "alice"
                && (key.is_empty() || step.params["access_key_id"] == key)
        };
        plan.steps.iter().find(named).unwrap().id.clone()
    };
    let denial = step("deny-all-on-user", "");
    let other = step("deactivate-access-key", "AKIACROTHER");
    let stolen = step("deactivate-access-key", "AKIACRKEY");
    let scratch = Scratch::named("awake-undo");
    let mut live = Live::with_keys(&[KEYS[0], KEYS[1], (OURS, "alice", "AKIACROTHER")]);
    let mut clock = Hands::at(NOW);
    go(&plan, &mut live, &scratch, &mut clock, &[]).unwrap();
    let mut journal = Journal::open(&scratch.0, &plan.hash).unwrap();
    let mut taken_back = |id: &str, permit, live: &mut Live, clock: &mut Hands| {
        undo(&plan, id, permit, live, &mut journal, clock).unwrap()
    };
    // What the thief has is not given back unless somebody insists.
    let ended = taken_back(&stolen, PERMIT, &mut live, &mut clock);
    assert_eq!(ended, Undoing::Refused(UndoRefused::Stolen));
    assert_eq!(
        taken_back(&stolen, FORCED, &mut live, &mut clock),
        Undoing::Undone
    );
    // A day later a key of nobody's is given back; both make tokens under the denial.
    clock.now += 24 * HOUR;
    assert_eq!(
        taken_back(&other, PERMIT, &mut live, &mut clock),
        Undoing::Undone
    );
    clock.now += 24 * HOUR;
    let both = vec!["AKIACRKEY".to_owned(), "AKIACROTHER".to_owned()];
    let ended = taken_back(&denial, PERMIT, &mut live, &mut clock);
    assert_eq!(ended, Undoing::Refused(UndoRefused::KeysActive(both)));
    // Somebody switches them off by hand, or deletes them: the hours count from when that was seen.
    let object = |key: &str| format!("{OURS}//alice/{key}");
    live.states
        .insert(object("AKIACRKEY"), json!({"status": "Inactive"}));
    live.states.remove(&object("AKIACROTHER"));
    let seen = clock.now;
    let ended = taken_back(&denial, PERMIT, &mut live, &mut clock);
    let Undoing::Refused(UndoRefused::Zombies { until }) = ended else {
        panic!("{ended:?}");
    };
    assert!(until >= seen + 36 * HOUR, "{until}");
    clock.now = until;
    let ended = taken_back(&denial, PERMIT, &mut live, &mut clock);
    assert_eq!(ended, Undoing::Undone);
}

#[test]
fn a_user_who_is_called_like_an_option_is_one_all_the_same() {
    let forest = forest(&[key("cr-key", OURS, "--output")]);
    let plan = Ask::of(&forest, "cr-key").plan();
    let named: Vec<String> = plan
        .steps
        .iter()
        .filter(|step| !step.by_hand)
        .flat_map(|step| step.commands())
        .filter(|command| command.contains("--user-name"))
        .collect();
    assert!(named.len() > 4, "{named:?}");
    for command in named {
        assert!(command.contains("--user-name=--output"), "{command}");
        assert!(!command.contains("--user-name -"), "{command}");
    }
}
