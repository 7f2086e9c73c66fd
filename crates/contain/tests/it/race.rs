//! A thief who races the responder: each second it takes denials away, switches its keys on again, makes new
//! sessions and goes over to the next key. Switching a key off loses; the plan wins.
//!
//! The story stands in the guide as it is told here.

use std::collections::BTreeSet;
use std::fmt::Write;

use keyline_contain::aws::CallErrorKind;
use keyline_contain::journal::Journal;
use keyline_contain::request::Organisation;
use keyline_contain::run::{Approval, Ended, Evidence, StepReport, run};
use keyline_contain::undo::{Undoing, undo};
use keyline_contain::verify::{LOOKS_S, look};
use keyline_contain::{Estate as Rules, Plan};

use crate::estate::*;
use crate::live::PERMIT;
use crate::running::Scratch;
use crate::world::*;

const ALICE: &str = "111122223333/user/alice";
const ADMIN: &str = "111122223333/role/Admin";
const A: &str = "AKIACRA";
const B: &str = "AKIACRB";

/// Key A of alice, a session of the administrators' role taken with it, and key B that was made with that.
fn forest_of_the_thief() -> keyline_lineage::Forest {
    let stolen = key("cr-a", OURS, "alice");
    let role = from(&stolen, session("cr-admin", OURS, "Admin", "x"));
    let backup = from(&role, key("cr-b", OURS, "alice"));
    forest(&[stolen, role, backup])
}

fn estate() -> Estate {
    let mut estate = Estate::default();
    estate.key(A, ALICE);
    estate.key(B, ALICE);
    estate.principal(ADMIN);
    estate.loot = vec![
        held(A, ALICE, None),
        held(B, ALICE, None),
        held("session 1 of Admin", ADMIN, Some(NOW + HOUR)),
    ];
    estate.thief = Some(thief);
    estate
}

fn held(name: &str, of: &str, expires: Option<i64>) -> Held {
    Held {
        name: name.to_owned(),
        of: of.to_owned(),
        issued: NOW - HOUR,
        expires,
    }
}

/// One turn of a thief who may do everything at IAM that its loot may do.
fn thief(estate: &mut Estate) {
    // The younger a session, the more it is worth to a thief.
    if estate.turn < SECOND && estate.loot.len() > 200 {
        estate.loot.drain(3..60);
    }
    // Asking for a session token needs no permission, so that no denial keeps a key from it.
    if let Some(key) = [A, B].into_iter().find(|id| estate.works(id)) {
        let number = estate.loot.len() - 1;
        let mut token = held(
            &format!("token {number} of {key}"),
            ALICE,
            Some(estate.now + 36 * HOUR),
        );
        token.issued = estate.now;
        estate.loot.push(token);
    }
    let Some(hand) = estate.usable_loot().first().map(|held| (*held).clone()) else {
        return;
    };
    let mut deeds = Vec::new();
    let mut taken = Vec::new();
    for path in [ALICE, ADMIN] {
        let who = path.rsplit('/').next().unwrap();
        let ours = estate.policies(path);
        for policy in ours.iter().filter(|name| name.starts_with("Keyline-")) {
            estate.take_away(path, policy);
            taken.push(format!("{} off {who}", policy.rsplit_once('-').unwrap().0));
        }
        if estate.free(path) {
            taken.push(format!("AWSDenyAll off {who}"));
        }
    }
    match taken.len() {
        0 => {}
        1 | 2 => deeds.push(format!("takes {}", taken.join(" and "))),
        _ => deeds.push("takes all denials off".to_owned()),
    }
    for id in [A, B] {
        if !estate.is_active(id) {
            estate.set_key(id, true);
            deeds.push(format!("switches {id} on"));
        }
    }
    // The role lets alice in: any credential of hers that works makes the next session.
    if estate.usable_loot().iter().any(|held| held.of == ALICE) {
        let number = estate.loot.len() - 1;
        let name = format!("session {number} of Admin");
        let mut fresh = held(&name, ADMIN, Some(estate.now + HOUR));
        fresh.issued = estate.now;
        estate.loot.push(fresh);
        deeds.push(format!("makes {name}"));
    }
    if !deeds.is_empty() {
        let line = format!("thief, by {}: {}", hand.name, deeds.join(", "));
        estate.tell(line);
    }
}

fn plan_of(rules: Rules) -> Plan {
    let forest = forest_of_the_thief();
    let mut ask = Ask::of(&forest, "cr-a");
    ask.estate = rules;
    ask.plan()
}

fn by_organisation() -> Rules {
    Rules {
        organisation: Some(Organisation {
            management_account: OTHER.to_owned(),
        }),
        ..Rules::default()
    }
}

/// Carries a plan out and lets two minutes go by.
fn carry_out(plan: &Plan, estate: Estate, name: &str) -> (Shared, Vec<StepReport>) {
    let scratch = Scratch::named(name);
    let mut shared = Shared::new(estate);
    let mut journal = Journal::open(&scratch.0, &plan.hash).unwrap();
    let nothing = BTreeSet::new();
    let approval = Approval {
        hash: &plan.hash,
        confirmed: &nothing,
        evidence: Evidence::Required,
        estate: &keyline_contain::Estate::default(),
        looks_s: &LOOKS_S,
    };
    let mut told = Vec::new();
    let mut clock = shared.clone();
    let watch = shared.clone();
    let reports = run(
        plan,
        &approval,
        &mut shared,
        &mut journal,
        &mut clock,
        &mut |step, report| {
            if matches!(report.ended, Ended::Done | Ended::Failed(_)) {
                told.push((
                    watch.0.borrow().now,
                    format!("{}:{}", step.service, step.action),
                ));
            }
        },
    )
    .unwrap();
    let wrong = look(plan, &mut shared, &journal);
    let mut estate = shared.0.borrow_mut();
    for (at, line) in told {
        let line = line.replace(
            "keyline:Verify",
            "looks for a minute, laying on again what is gone",
        );
        estate.story.push((at, format!("plan: {line}")));
    }
    estate.pass(120 * SECOND);
    let end = match (wrong.is_empty(), estate.usable_loot().is_empty()) {
        (true, true) => {
            "everything is as the plan left it, and the thief holds nothing that works".to_owned()
        }
        _ => format!(
            "the plan says that {} did not hold; the thief still uses {} credentials",
            wrong.join(", "),
            estate.usable_loot().len()
        ),
    };
    estate.tell(end);
    drop(estate);
    (shared, reports)
}

/// The first lines of a story, and its end.
fn story(estate: &Estate) -> String {
    let mut lines = estate.story.clone();
    lines.sort_by_key(|(at, _)| *at);
    let mut out = String::new();
    let mut left_out = 0;
    for (number, (at, line)) in lines.iter().enumerate() {
        let elapsed = (at - NOW) as f64 / SECOND as f64;
        if number < 22 || number + 1 == lines.len() {
            if left_out > 0 {
                writeln!(out, "        ({left_out} lines like these)").unwrap();
                left_out = 0;
            }
            writeln!(out, "{elapsed:6.1}  {line}").unwrap();
        } else {
            left_out += 1;
        }
    }
    out
}

/// Whoever only switches off the key that was stolen.
fn naive() -> Estate {
    let mut estate = estate();
    estate.set_key(A, false);
    estate.tell(format!("responder: switches {A} off, and is done"));
    estate.pass(180 * SECOND);
    let left: Vec<String> = estate
        .usable_loot()
        .iter()
        .map(|held| held.name.clone())
        .collect();
    let line = format!(
        "the thief still uses {} credentials: {}, …",
        left.len(),
        left[..2].join(", ")
    );
    estate.tell(line);
    estate
}

#[test]
fn switching_the_key_off_loses_and_what_the_thief_cannot_take_away_wins() {
    let loses = naive();
    assert!(loses.usable_loot().len() > 3, "{}", story(&loses));
    let mut told = format!("The key is switched off:\n\n{}", story(&loses));
    let is_failed = |report: &&StepReport| matches!(report.ended, Ended::Failed(_));

    let plan = plan_of(by_organisation());
    let (shared, reports) = carry_out(&plan, estate(), "race-organisation");
    let estate_after = shared.0.borrow();
    let won = story(&estate_after);
    assert!(estate_after.usable_loot().is_empty(), "{won}");
    assert_eq!(reports.iter().filter(is_failed).count(), 0, "{won}");
    write!(
        told,
        "\nThe plan, with a policy of the organisation:\n\n{won}"
    )
    .unwrap();

    let plan = plan_of(Rules::default());
    let (shared, reports) = carry_out(&plan, estate(), "race-alone");
    let estate_after = shared.0.borrow();
    let won = story(&estate_after);
    assert!(estate_after.usable_loot().is_empty(), "{won}");
    assert_eq!(reports.iter().filter(is_failed).count(), 0, "{won}");
    write!(told, "\nThe plan without one:\n\n{won}").unwrap();

    // Somebody has read the plan, and put policies of its names where its denials belong.
    let mut planted = estate();
    planted.thief = None;
    for step in &plan.steps {
        let text = |name: &str| step.params.get(name).and_then(|value| value.as_str());
        let paths = [(text("user_name"), ALICE), (text("role_name"), ADMIN)];
        let path = paths.into_iter().find(|(name, _)| name.is_some());
        if let (Some((_, path)), Some(policy)) = (path, text("policy_name"))
            && !planted.policies(path).contains(&policy.to_owned())
        {
            planted.plant(path, policy);
            let name = policy.rsplit_once('-').unwrap().0;
            let who = path.rsplit('/').next().unwrap();
            planted.tell(format!(
                "thief: has put a policy {name} on {who} that allows everything"
            ));
        }
    }
    let (shared, reports) = carry_out(&plan, planted, "race-planted");
    let estate_after = shared.0.borrow();
    let won = story(&estate_after);
    assert!(estate_after.usable_loot().is_empty(), "{won}");
    assert_eq!(reports.iter().filter(is_failed).count(), 0, "{won}");
    write!(
        told,
        "\nThe plan, where policies of its names stand already:\n\n{won}"
    )
    .unwrap();
    for path in [ALICE, ADMIN] {
        let policies = estate_after.policies(path);
        let beside = policies
            .iter()
            .filter(|name| name.ends_with(plan.plan_id()));
        assert!(beside.count() > 0, "{policies:?}");
    }

    // Whoever is quicker than the calls of a plan keeps what it has, and the plan says so.
    let mut quick = estate();
    quick.turn = SECOND / 10;
    let (shared, reports) = carry_out(&plan, quick, "race-quick");
    let estate_after = shared.0.borrow();
    let lost = story(&estate_after);
    assert!(!estate_after.usable_loot().is_empty(), "{lost}");
    let failed: Vec<&StepReport> = reports.iter().filter(is_failed).collect();
    assert!(
        failed.iter().any(|verify| plan
            .steps
            .iter()
            .any(|step| step.id == verify.step && step.kind == "verify")),
        "{failed:?}\n{lost}"
    );
    check_guide("```text\n", "```", &told);
}

/// How a race ends: whether nothing of the thief's works, and whether the plan says so.
fn ends(turn: i64, first_turn: i64, luck: u64) -> (bool, bool) {
    let plan = plan_of(Rules::default());
    let mut racing = estate();
    (racing.turn, racing.first_turn, racing.luck) = (turn, NOW + first_turn, luck);
    let name = format!("race-{turn}-{first_turn}-{luck}");
    let (shared, reports) = carry_out(&plan, racing, &name);
    let is_failed = |report: &StepReport| matches!(report.ended, Ended::Failed(_));
    let won = shared.0.borrow().usable_loot().is_empty();
    (won, !reports.iter().any(is_failed))
}

/// How often, in tenths of a second, the thief comes, and of how many races it loses how many.
const RACES: u64 = 6;
const PACES: [i64; 5] = [1, 2, 5, 10, 20];

#[test]
fn how_a_race_ends_without_the_organisation_by_how_often_the_thief_comes() {
    let mut told = String::from("| the thief comes | the plan wins |\n|---|--:|\n");
    for pace in PACES {
        let mut won = 0;
        for luck in 0..RACES {
            let first_turn = i64::try_from(luck).unwrap() % pace * SECOND / 10;
            let (wins, says_so) = ends(pace * SECOND / 10, first_turn, luck);
            // Whatever comes of it, the plan never says that it won a race that it lost.
            assert!(wins || !says_so, "{pace} {luck}");
            won += u64::from(wins);
        }
        let seconds = pace as f64 / 10.0;
        writeln!(told, "| every {seconds:.1} s | {won} of {RACES} |").unwrap();
        assert!(pace < 10 || won == RACES, "{told}");
        assert!(
            pace > 1 || won < RACES,
            "nobody was quick enough to win: {told}"
        );
    }
    check_guide("| the thief comes", "\n\n", &told);
}

#[test]
fn a_thief_whose_loot_is_old_loses_without_the_organisation_too() {
    let plan = plan_of(Rules::default());
    let mut estate = estate();
    // It takes denials away, and makes no new sessions.
    estate.loot.retain(|held| held.of == ADMIN);
    estate.thief = Some(thief);
    let (shared, reports) = carry_out(&plan, estate, "race-old");
    let estate = shared.0.borrow();
    let story = story(&estate);
    assert!(estate.usable_loot().is_empty(), "{story}");
    let failed = reports
        .iter()
        .any(|report| matches!(report.ended, Ended::Failed(_)));
    assert!(!failed, "{reports:?}\n{story}");
    assert!(estate.story.iter().any(|(_, line)| line.contains("takes ")));
}

/// The guide shows what these tests saw. `KEYLINE_WRITE_GUIDE` writes it there.
fn check_guide(from: &str, to: &str, told: &str) {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/guide/race.md");
    static WRITING: std::sync::Mutex<()> = std::sync::Mutex::new(());
    let writing = WRITING.lock();
    let page = std::fs::read_to_string(path).unwrap();
    let start = page.find(from).unwrap();
    let start = start + if from.starts_with('`') { from.len() } else { 0 };
    let end = start + page[start..].find(to).unwrap();
    let told = if to == "\n\n" { told.trim_end() } else { told };
    if std::env::var_os("KEYLINE_WRITE_GUIDE").is_some() {
        let page = format!("{}{told}{}", &page[..start], &page[end..]);
        std::fs::write(path, page).unwrap();
        return;
    }
    drop(writing);
    assert_eq!(
        &page[start..end],
        told,
        "docs/guide/race.md shows something else: KEYLINE_WRITE_GUIDE=1 writes this"
    );
}

#[test]
fn who_has_no_room_is_denied_another_way_and_that_is_taken_back() {
    for (attachments, expected, back) in [
        (10, "AttachUserPolicy", None),
        (
            0,
            "PutUserPermissionsBoundary",
            Some("arn:aws:iam::111122223333:policy/Team"),
        ),
        (0, "PutUserPermissionsBoundary", None),
    ] {
        let plan = plan_of(Rules::default());
        let deny = plan
            .steps
            .iter()
            .find(|step| step.kind == "deny-all-on-user")
            .unwrap();
        let mut estate = estate();
        estate.thief = None;
        estate.fill(ALICE, attachments);
        let scratch = Scratch::named(&format!("room-{attachments}-{}", back.is_some()));
        let mut shared = Shared::new(estate);
        if let Some(arn) = back {
            let call = keyline_contain::Call::new(
                "iam",
                "PutUserPermissionsBoundary",
                serde_json::json!({"user_name": "alice", "permissions_boundary": arn})
                    .as_object()
                    .unwrap()
                    .clone(),
            );
            let place = keyline_contain::aws::At {
                account: OURS,
                region: "us-east-1",
            };
            keyline_contain::aws::Aws::call(&mut shared, &place, &call).unwrap();
        }
        let mut journal = Journal::open(&scratch.0, &plan.hash).unwrap();
        let nothing = BTreeSet::new();
        let approval = Approval {
            hash: &plan.hash,
            confirmed: &nothing,
            evidence: Evidence::Required,
            estate: &keyline_contain::Estate::default(),
            looks_s: &LOOKS_S,
        };
        let mut clock = shared.clone();
        run(
            &plan,
            &approval,
            &mut shared,
            &mut journal,
            &mut clock,
            &mut |_, _| {},
        )
        .unwrap();
        let made = journal.made(&deny.id).unwrap().call.as_ref().unwrap();
        assert_eq!(made.action, expected);
        shared.0.borrow_mut().pass(60 * SECOND);
        let alice: Vec<_> = shared.0.borrow().loot[..2].to_vec();
        assert!(
            alice.iter().all(|held| !shared.0.borrow().may_act(held)),
            "{expected}"
        );
        assert!(
            look(&plan, &mut shared, &journal)
                .iter()
                .all(|id| *id != deny.id)
        );
        shared.0.borrow_mut().pass(37 * HOUR);
        let ended = undo(
            &plan,
            &deny.id,
            PERMIT,
            &mut shared,
            &mut journal,
            &mut clock,
        )
        .unwrap();
        assert_eq!(ended, Undoing::Undone, "{expected}");
        assert_eq!(
            shared.0.borrow().boundary(ALICE).as_deref(),
            back,
            "{expected}"
        );
    }
}

#[test]
fn what_is_throttled_fails_aloud_and_is_done_by_the_next_run() {
    let plan = plan_of(Rules::default());
    let mut estate = estate();
    estate.thief = None;
    estate.throttled = 2;
    let (shared, reports) = carry_out(&plan, estate, "throttled");
    let failed: Vec<&StepReport> = reports
        .iter()
        .filter(
            |report| matches!(&report.ended, Ended::Failed(why) if why.contains("Rate exceeded")),
        )
        .collect();
    assert_eq!(failed.len(), 2, "{reports:?}");
    assert!(failed.iter().any(|report| !report.left_alive.is_empty()));
    assert_eq!(
        keyline_contain::aws::CallError::of("Throttling", "").kind,
        CallErrorKind::Throttled
    );
    let again = std::mem::take(&mut *shared.0.borrow_mut());
    let (shared, reports) = carry_out(&plan, again, "throttled-again");
    let bad = reports
        .iter()
        .any(|report| matches!(report.ended, Ended::Failed(_)));
    assert!(!bad, "{reports:?}");
    assert!(shared.0.borrow().usable_loot().is_empty());
}
