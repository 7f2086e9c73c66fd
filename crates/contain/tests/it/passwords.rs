//! A denial of a user whose password the thief has: taken back when that is gone, or another.

use keyline_contain::Breadth;
use keyline_contain::journal::Journal;
use keyline_contain::run::Ended;
use keyline_contain::undo::{Permit, UndoRefused, Undoing, undo};
use keyline_lineage::{Credential, Kind};
use serde_json::json;

use crate::live::*;
use crate::running::{Scratch, go, plan_of};
use crate::world::*;

#[test]
fn a_denial_stays_while_the_thief_knows_the_password() {
    let secret = password("cr-pass", OURS, "alice");
    let login = from(&secret, console("cr-login", OURS, "alice"));
    let plan = plan_of(&[secret, login], "cr-login");
    let scratch = Scratch::named("password");
    let mut live = Live::with_keys(&[]);
    let profile = format!("{OURS}//alice");
    let made = |at: i64| json!({"exists": true, "made": keyline_trail::time::format_time(at)});
    live.states.insert(profile.clone(), made(NOW - 900 * HOUR));
    let mut clock = Hands::at(NOW);
    go(&plan, &mut live, &scratch, &mut clock, &[]).unwrap();
    let denial = plan
        .steps
        .iter()
        .find(|step| step.kind == "deny-all-on-user");
    let denial = &denial.unwrap().id;
    let mut journal = Journal::open(&scratch.0, &plan.hash).unwrap();
    clock.now = NOW + 100 * HOUR;
    let mut back = |live: &mut Live, permit: Permit<'_>, now: i64| {
        clock.now = now;
        undo(&plan, denial, permit, live, &mut journal, &mut clock).unwrap()
    };
    let stands = Undoing::Refused(UndoRefused::PasswordStands("alice".to_owned()));
    assert_eq!(back(&mut live, PERMIT, NOW + 100 * HOUR), stands);
    // Whether there is one cannot be read.
    live.unreadable.insert(profile.clone());
    assert!(matches!(
        back(&mut live, PERMIT, NOW + 100 * HOUR),
        Undoing::Refused(UndoRefused::PasswordUnread(_))
    ));
    live.unreadable.clear();
    // It was replaced a moment ago: consoles that were opened with it live on.
    let replaced = NOW + 99 * HOUR;
    live.states.insert(profile.clone(), made(replaced));
    let until = replaced + 36 * HOUR;
    let refused = back(&mut live, PERMIT, NOW + 100 * HOUR);
    let zombies = |refused: &Undoing| match refused {
        Undoing::Refused(UndoRefused::Zombies { until }) => *until,
        other => panic!("{other:?}"),
    };
    assert!(
        (until..until + HOUR).contains(&zombies(&refused)),
        "{refused:?}"
    );
    assert_eq!(back(&mut live, PERMIT, until + HOUR), Undoing::Undone);
}

#[test]
fn a_denial_is_lifted_where_there_is_no_password_any_more_or_somebody_answers_for_it() {
    let secret = password("cr-pass", OURS, "alice");
    let login = from(&secret, console("cr-login", OURS, "alice"));
    let plan = plan_of(&[secret, login], "cr-login");
    let denial = plan
        .steps
        .iter()
        .find(|step| step.kind == "deny-all-on-user");
    let denial = &denial.unwrap().id;
    let old = json!({"exists": true, "made": "2020-01-01T00:00:00Z"});
    for (name, state, permit) in [("gone", None, PERMIT), ("forced", Some(old), FORCED)] {
        let scratch = Scratch::named(name);
        let mut live = Live::with_keys(&[]);
        live.states
            .extend(state.map(|state| (format!("{OURS}//alice"), state)));
        let mut clock = Hands::at(NOW);
        go(&plan, &mut live, &scratch, &mut clock, &[]).unwrap();
        let mut journal = Journal::open(&scratch.0, &plan.hash).unwrap();
        clock.now = NOW + 100 * HOUR;
        let ended = undo(&plan, denial, permit, &mut live, &mut journal, &mut clock);
        assert_eq!(ended.unwrap(), Undoing::Undone, "{name}");
    }
}

/// Narrowly, too: nothing else stops a password at once.
#[test]
fn a_password_that_the_thief_set_is_stopped_by_a_denial_whatever_the_breadth() {
    let stolen = key("cr-key", OURS, "alice");
    let secret = from(&stolen, password("cr-pass", OURS, "bob"));
    let bobs = key("cr-bobs", OURS, "bob");
    let all = [stolen, secret, bobs];
    let forest = forest(&all);
    let mut ask = Ask::of(&forest, "cr-key");
    ask.breadth = Breadth::Narrow;
    let plan = ask.plan();
    assert!(plan.still_alive_after.is_empty(), "{}", plan.markdown());
    let on_bob = |kind: &str| {
        plan.steps.iter().any(|step| {
            let names_bob = step.params.get("user_name") == Some(&json!("bob"));
            step.kind == kind && names_bob
        })
    };
    for kind in [
        "deny-all-on-user",
        "deactivate-other-keys",
        "delete-password",
    ] {
        assert!(on_bob(kind), "{kind}\n{}", plan.markdown());
    }
    // Whom that breaks is said first of all; alice, whose key alone is the thief's, is left as she is.
    let headline = plan.headline();
    assert!(
        headline.contains("Cut off with the thief: user bob"),
        "{headline}"
    );
    assert!(!headline.contains("user alice"), "{headline}");
    assert!(plan.breaks() == 1, "{headline}");
}

#[test]
fn what_of_a_user_has_no_id_is_stopped_by_a_denial_too() {
    let stolen = key("cr-key", OURS, "alice");
    let named = Credential {
        kind: Kind::ServiceCredential,
        access_key_ids: vec!["ACCAEXAMPLE00000001".to_owned()],
        ..password("cr-codecommit", OURS, "bob")
    };
    let nameless = Credential {
        access_key_ids: Vec::new(),
        ..named.clone()
    };
    for (credential, denied) in [(named, false), (nameless, true)] {
        let all = [stolen.clone(), from(&stolen, credential)];
        let forest = forest(&all);
        let mut ask = Ask::of(&forest, "cr-key");
        ask.breadth = Breadth::Narrow;
        let plan = ask.plan();
        let denials = plan.steps.iter();
        let denials = denials.filter(|step| step.kind == "deny-all-on-user");
        assert_eq!(denials.count(), usize::from(denied), "{}", plan.markdown());
        assert!(plan.still_alive_after.is_empty(), "{}", plan.markdown());
    }
}

#[test]
fn a_password_that_was_made_since_is_not_deleted() {
    let stolen = key("cr-key", OURS, "alice");
    let secret = from(&stolen, password("cr-pass", OURS, "bob"));
    let plan = plan_of(&[stolen, secret], "cr-key");
    let deletion = plan
        .steps
        .iter()
        .find(|step| step.kind == "delete-password");
    let deletion = deletion.unwrap().id.as_str();
    for (name, made, kept) in [("thiefs", NOW - HOUR, false), ("new", NOW + HOUR, true)] {
        let scratch = Scratch::named(name);
        let mut live = Live::with_keys(&[]);
        let profile = format!("{OURS}//bob");
        let made = keyline_trail::time::format_time(made);
        let state = json!({"exists": true, "made": made});
        live.states.insert(profile.clone(), state);
        let mut clock = Hands::at(NOW + 2 * HOUR);
        let reports = go(&plan, &mut live, &scratch, &mut clock, &[deletion]).unwrap();
        let report = reports.iter().find(|report| report.step == deletion);
        let failed = matches!(&report.unwrap().ended, Ended::Failed(why) if why.contains("since"));
        assert_eq!(failed, kept, "{name}: {:?}", report.unwrap().ended);
        assert_eq!(live.states.contains_key(&profile), kept, "{name}");
    }
}
