//! A denial of a user whose password the thief has: taken back when that is gone, or another.

use keyline_contain::journal::Journal;
use keyline_contain::undo::{Permit, UndoRefused, Undoing, undo};
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
