//! Plans carried out against the fake: approval, guards, drift, crashes, a thief who races, undoing.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

use keyline_contain::aws::CallError;
use keyline_contain::journal::Journal;
use keyline_contain::run::{Approval, Ended, Evidence, StepReport, run};
use keyline_contain::undo::{Force, Permit, UndoRefused, Undoing, undo};
use keyline_contain::verify::{LOOKS_S, Weight, alarms, look};
use keyline_contain::{Error, ErrorKind, Estate, Plan};
use keyline_lineage::Credential;
use serde_json::json;

use crate::live::*;
use crate::sweeping::HIDDEN;
use crate::world::*;

/// A file that is gone when the test is.
pub struct Scratch(pub PathBuf);

impl Scratch {
    pub fn named(name: &str) -> Scratch {
        let name = format!("keyline-{}-{name}.journal", std::process::id());
        // In memory where there is a folder for it: a race writes some thousand lines, each synced.
        let memory = PathBuf::from("/dev/shm");
        let folder = match memory.is_dir() {
            true => memory,
            false => std::env::temp_dir(),
        };
        let scratch = Scratch(folder.join(name));
        let _ = std::fs::remove_file(&scratch.0);
        let _ = std::fs::remove_file(scratch.head());
        scratch
    }
}

impl Scratch {
    /// The file beside it that says how many lines it has.
    pub fn head(&self) -> PathBuf {
        self.0.with_extension("journal.head")
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
        let _ = std::fs::remove_file(self.head());
    }
}

pub fn plan_of(credentials: &[Credential], target: &str) -> Plan {
    let forest = forest(credentials);
    Ask::of(&forest, target).plan()
}

pub fn go(
    plan: &Plan,
    live: &mut Live,
    scratch: &Scratch,
    clock: &mut Hands,
    confirmed: &[&str],
) -> Result<Vec<StepReport>, Error> {
    go_under(&Estate::default(), plan, live, scratch, clock, confirmed)
}

/// The same under rules that are known when it is carried out.
pub fn go_under(
    estate: &Estate,
    plan: &Plan,
    live: &mut Live,
    scratch: &Scratch,
    clock: &mut Hands,
    confirmed: &[&str],
) -> Result<Vec<StepReport>, Error> {
    let confirmed: BTreeSet<String> = confirmed.iter().map(|id| (*id).to_owned()).collect();
    let approval = Approval {
        hash: &plan.hash,
        confirmed: &confirmed,
        evidence: Evidence::Required,
        estate,
        looks_s: &LOOKS_S,
    };
    let mut journal = Journal::open(&scratch.0, &plan.hash)?;
    run(plan, &approval, live, &mut journal, clock, &mut |_, _| {})
}

/// The same although nothing can be filed.
pub fn go_without_evidence(
    plan: &Plan,
    live: &mut Live,
    scratch: &Scratch,
) -> Result<Vec<StepReport>, Error> {
    let approval = Approval {
        hash: &plan.hash,
        confirmed: &BTreeSet::new(),
        evidence: Evidence::Waived,
        estate: &Estate::default(),
        looks_s: &LOOKS_S,
    };
    let mut journal = Journal::open(&scratch.0, &plan.hash)?;
    let clock = &mut Hands::at(NOW);
    run(plan, &approval, live, &mut journal, clock, &mut |_, _| {})
}

fn by_program(plan: &Plan) -> Vec<&str> {
    let steps = plan
        .steps
        .iter()
        .filter(|step| !step.by_hand && !step.needs_confirmation);
    steps.map(|step| step.id.as_str()).collect()
}

#[test]
fn an_approved_plan_is_carried_out_and_a_second_run_changes_nothing() {
    let plan = plan_of(&tree(), "cr-key");
    let scratch = Scratch::named("twice");
    let mut live = Live::with_keys(&KEYS);
    let mut clock = Hands::at(NOW);
    let reports = go(&plan, &mut live, &scratch, &mut clock, &[]).unwrap();
    let done: Vec<&str> = reports
        .iter()
        .filter(|report| report.ended == Ended::Done)
        .map(|report| report.step.as_str())
        .collect();
    assert_eq!(done, by_program(&plan));
    assert_eq!(clock.waited_s, [5, 10, 45]);
    assert_eq!(
        live.states[&format!("{OURS}//alice/AKIACRKEY")],
        json!({"status": "Inactive"})
    );
    let made = live.made.len();
    let again = go(&plan, &mut live, &scratch, &mut clock, &[]).unwrap();
    assert_eq!(live.made.len(), made);
    let all_known = again
        .iter()
        .filter(|report| by_program(&plan).contains(&report.step.as_str()))
        .all(|report| report.ended == Ended::AlreadyDone);
    assert!(all_known, "{again:?}");
}

#[test]
fn another_hash_is_not_approved() {
    let plan = plan_of(&tree(), "cr-key");
    let scratch = Scratch::named("hash");
    let mut live = Live::with_keys(&KEYS);
    let nothing = BTreeSet::new();
    let mut journal = Journal::open(&scratch.0, &plan.hash).unwrap();
    for hash in ["", plan.plan_id(), "f00d"] {
        let approval = Approval {
            hash,
            confirmed: &nothing,
            evidence: Evidence::Required,
            estate: &Estate::default(),
            looks_s: &LOOKS_S,
        };
        let clock = &mut Hands::at(NOW);
        let error = run(
            &plan,
            &approval,
            &mut live,
            &mut journal,
            clock,
            &mut |_, _| {},
        );
        assert_eq!(error.unwrap_err().kind(), ErrorKind::NotApproved, "{hash}");
    }
    assert!(live.made.is_empty() && journal.lines().is_empty());
}

#[test]
fn whoever_runs_it_is_not_among_those_whom_it_changes() {
    let plan = plan_of(&tree(), "cr-key");
    for (name, own) in [
        ("own-role", "assumed-role/Admin/me"),
        ("no-arn", "nonsense"),
    ] {
        let scratch = Scratch::named(name);
        let mut live = Live::with_keys(&KEYS);
        live.own = own.to_owned();
        let error = go(&plan, &mut live, &scratch, &mut Hands::at(NOW), &[]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Identity, "{own}");
        assert!(live.made.is_empty(), "{own}");
    }
}

/// The rules under which nothing of [`tree`]'s plan may be carried out, each with what is said.
fn rules() -> Vec<(Estate, &'static str)> {
    let with = |change: fn(&mut Estate)| {
        let mut estate = Estate::default();
        change(&mut estate);
        estate
    };
    vec![
        (
            with(|rules| rules.break_glass = vec!["arn:aws:iam::*:user/ali*".to_owned()]),
            "break-glass",
        ),
        (
            with(|rules| rules.accounts = Some([OURS.to_owned()].into())),
            "not among those",
        ),
        (
            with(|rules| rules.own = vec![format!("arn:aws:iam::{OURS}:user/alice")]),
            "runs the plan",
        ),
    ]
}

#[test]
fn what_must_not_be_touched_is_asked_again_before_the_first_call() {
    let plan = plan_of(&tree(), "cr-key");
    for (number, (estate, why)) in rules().into_iter().enumerate() {
        let scratch = Scratch::named(&format!("guarded-{number}"));
        let mut live = Live::with_keys(&KEYS);
        let mut clock = Hands::at(NOW);
        let error = go_under(&estate, &plan, &mut live, &scratch, &mut clock, &[]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Guarded, "{error}");
        assert!(error.to_string().contains(why), "{error}");
        assert!(live.made.is_empty(), "{:?}", live.made);
        // And nothing is taken back, from what was done while the rules were others.
        let scratch = Scratch::named(&format!("guarded-undo-{number}"));
        go(&plan, &mut live, &scratch, &mut clock, &[]).unwrap();
        let made = live.made.len();
        let mut journal = Journal::open(&scratch.0, &plan.hash).unwrap();
        clock.now += 40 * HOUR;
        let denial = |user: &str| {
            let of_user = |step: &&keyline_contain::Step| {
                step.kind == "deny-all-on-user" && step.params["user_name"] == user
            };
            &plan.steps.iter().find(of_user).unwrap().id
        };
        let id = denial(if why.contains("not among") {
            "bob"
        } else {
            "alice"
        });
        let permit = Permit {
            estate: &estate,
            force: Force::Yes,
        };
        let ended = undo(&plan, id, permit, &mut live, &mut journal, &mut clock).unwrap();
        assert!(
            matches!(&ended, Undoing::Refused(UndoRefused::Guarded(said)) if said.contains(why)),
            "{ended:?}"
        );
        assert_eq!(live.made.len(), made);
    }
}

#[test]
fn a_forged_plan_is_refused_though_its_hash_is_right() {
    let mut ask_for = tree();
    ask_for.truncate(2);
    let forest = forest(&ask_for);
    let mut ask = Ask::of(&forest, "cr-key");
    ask.estate.organisation = Some(keyline_contain::Organisation {
        management_account: OTHER.to_owned(),
    });
    let honest = ask.plan().to_json();
    let estate = Estate {
        accounts: Some([OURS.to_owned()].into()),
        break_glass: vec![
            "arn:aws:iam::*:user/glass".to_owned(),
            "arn:aws:iam::*:role/Glass".to_owned(),
        ],
        ..Estate::default()
    };
    let everybody = r#"{"Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}"#;
    let glass = everybody.replace(
        "}]",
        r#","Condition":{"ArnLike":{"aws:PrincipalArn":["arn:aws:iam::111122223333:user/*/glass"]}}}]"#,
    );
    for (action, member, value) in [
        ("PutUserPolicy", "user_name", "glass"),
        ("UpdateAccessKey", "user_name", "glass"),
        // A parameter that the call does not take hides nobody.
        ("PutUserPolicy", "role_name", "Glass"),
        ("PutUserPolicy", "user_name and content", "glass"),
        ("PutUserPolicy", "account", FOREIGN),
        ("AttachPolicy", "target_id", FOREIGN),
        ("AttachPolicy", "target_id", "r-root"),
        ("AttachPolicy", "content", everybody),
        ("AttachPolicy", "content", &glass),
    ] {
        let mut forged = honest.clone();
        let steps = forged["steps"].as_array_mut().unwrap();
        let step = steps.iter_mut().find(|step| step["action"] == action);
        let step = step.unwrap();
        match member {
            "account" => step["account"] = json!(value),
            "user_name and content" => {
                step["params"]["user_name"] = json!(value);
                let nobody = glass.replace("/glass", "/nobody");
                step["params"]["content"] = json!(nobody);
            }
            param => step["params"][param] = json!(value),
        }
        let plan = crate::output::with_its_hash(forged).unwrap();
        let scratch = Scratch::named("forged");
        let mut live = Live::with_keys(&KEYS);
        let clock = &mut Hands::at(NOW);
        let error = go_under(&estate, &plan, &mut live, &scratch, clock, &[]).unwrap_err();
        assert_eq!(
            error.kind(),
            ErrorKind::Guarded,
            "{action} {value}: {error}"
        );
        assert!(live.made.is_empty());
    }
    let plan = Plan::from_json(&honest.to_string()).unwrap();
    let scratch = Scratch::named("honest");
    let mut live = Live::with_keys(&KEYS);
    go_under(
        &estate,
        &plan,
        &mut live,
        &scratch,
        &mut Hands::at(NOW),
        &[],
    )
    .unwrap();
    assert!(!live.made.is_empty());
}

#[test]
fn a_run_that_is_cut_off_anywhere_goes_on_and_does_nothing_twice() {
    check_cut_off("known", &KEYS);
    // Also where a key comes to light that the plan could not name.
    check_cut_off("hidden", &HIDDEN);
}

fn check_cut_off(name: &str, keys: &[(&str, &str, &str)]) {
    let plan = plan_of(&tree(), "cr-key");
    let whole = {
        let scratch = Scratch::named(&format!("whole-{name}"));
        let mut live = Live::with_keys(keys);
        go(&plan, &mut live, &scratch, &mut Hands::at(NOW), &[]).unwrap();
        live
    };
    assert!(whole.moments >= 16, "{}", whole.moments);
    for moment in 1..=whole.moments {
        let scratch = Scratch::named(&format!("cut-{name}-{moment}"));
        let mut live = Live::with_keys(keys);
        live.cut_off_at = Some(moment);
        let mut clock = Hands::at(NOW);
        let cut = catch_unwind(AssertUnwindSafe(|| {
            go(&plan, &mut live, &scratch, &mut clock, &[])
        }));
        assert!(cut.is_err(), "moment {moment}");
        // A crash may also tear the line that was being written.
        let torn = std::fs::read_to_string(&scratch.0).unwrap() + "{\"torn";
        std::fs::write(&scratch.0, torn).unwrap();
        live.cut_off_at = None;
        clock.now += HOUR;
        go(&plan, &mut live, &scratch, &mut clock, &[]).unwrap();
        assert_eq!(live.made, whole.made, "moment {moment}");
        let journal = Journal::open(&scratch.0, &plan.hash).unwrap();
        assert!(
            look(&plan, &mut live, &journal).is_empty(),
            "moment {moment}"
        );
    }
}

/// A state of which the plan knows nothing.
fn another() -> serde_json::Value {
    json!({"policy_document": {"Statement": "another"}})
}

#[test]
fn a_policy_of_a_denials_name_keeps_it_out_by_no_name() {
    let plan = plan_of(&tree(), "cr-key");
    let deny = |kind: &str| {
        let step = plan.steps.iter().find(|step| step.kind == kind);
        let step = step.unwrap();
        (step, step.params["policy_name"].as_str().unwrap())
    };
    let (all, name) = deny("deny-all-on-user");
    let (old, older_name) = deny("revoke-user-sessions");
    let scratch = Scratch::named("name-taken");
    let mut live = Live::with_keys(&KEYS);
    let planted = [
        // Of the denial both names: somebody has read the plan.
        format!("{OURS}//alice/{name}"),
        format!("{OURS}//alice/{name}-{}", plan.plan_id()),
        format!("{OURS}//alice/{older_name}"),
    ];
    for object in &planted {
        live.states.insert(object.clone(), another());
    }
    let reports = go(&plan, &mut live, &scratch, &mut Hands::at(NOW), &[]).unwrap();
    let failed: Vec<&StepReport> = reports
        .iter()
        .filter(|report| matches!(report.ended, Ended::Failed(_)))
        .collect();
    assert!(failed.is_empty(), "{failed:?}");
    let told = reports.iter().find(|report| report.step == all.id);
    let told = told.unwrap().otherwise.clone().unwrap();
    assert_eq!(
        told,
        "NameTaken: a policy of this name stands there that is not the plan's; iam:AttachUserPolicy \
         arn:aws:iam::aws:policy/AWSDenyAll instead"
    );
    // What somebody else put there is left.
    for object in &planted {
        assert_eq!(live.states[object], another());
    }
    let aside = format!("{OURS}//alice/{older_name}-{}", plan.plan_id());
    assert!(live.states.contains_key(&aside), "{:?}", live.made);
    assert!(
        live.states.contains_key(&format!("{OURS}/attached/alice")),
        "{:?}",
        live.made
    );
    // It is looked at, laid on again and taken back where it is.
    let mut journal = Journal::open(&scratch.0, &plan.hash).unwrap();
    assert_eq!(look(&plan, &mut live, &journal), Vec::<String>::new());
    live.states.remove(&aside);
    assert_eq!(look(&plan, &mut live, &journal).len(), 1);
    let key = format!("{OURS}//alice/AKIACRKEY");
    live.states.insert(key, json!({"status": "Inactive"}));
    let mut later = Hands::at(NOW + 80 * HOUR);
    for (step, taken_back) in [
        (all, format!("DetachUserPolicy {OURS}/attached/alice")),
        (old, format!("DeleteUserPolicy {aside}")),
    ] {
        let mut back = || undo(&plan, &step.id, FORCED, &mut live, &mut journal, &mut later);
        // Its key was last seen off now: 36 hours count from here.
        if let Undoing::Refused(UndoRefused::Zombies { .. }) = back().unwrap() {
            later.now += 40 * HOUR;
            let ended = undo(&plan, &step.id, FORCED, &mut live, &mut journal, &mut later);
            assert_eq!(ended.unwrap(), Undoing::Undone);
        }
        assert_eq!(*live.made.last().unwrap(), taken_back);
    }
    for object in &planted {
        assert_eq!(live.states[object], another());
    }
}

#[test]
fn two_plans_for_one_root_do_not_take_each_others_policies_for_theirs() {
    let forest = forest(&tree());
    let mut ask = Ask::of(&forest, "cr-key");
    let first = ask.plan();
    ask.as_of += HOUR;
    let second = ask.plan();
    let names = |plan: &Plan| -> BTreeSet<String> {
        let steps = plan.steps.iter();
        let names = steps.filter_map(|step| Some(step.params.get("policy_name")?.to_string()));
        names.collect()
    };
    assert!(names(&first).is_disjoint(&names(&second)));
    let mut live = Live::with_keys(&KEYS);
    for (plan, name) in [(&first, "first-of-two"), (&second, "second-of-two")] {
        let scratch = Scratch::named(name);
        let reports = go(plan, &mut live, &scratch, &mut Hands::at(NOW), &[]).unwrap();
        let failed = reports
            .iter()
            .any(|report| matches!(report.ended, Ended::Failed(_)));
        assert!(!failed, "{reports:?}");
    }
}

#[test]
fn what_somebody_changed_since_is_not_touched() {
    let stolen = key("cr-key", OURS, "alice");
    let stranger = Credential {
        principal_arn: format!("arn:aws:iam::{FOREIGN}:root"),
        ..bare("cr-ext", keyline_lineage::Kind::External, FOREIGN)
    };
    let taken = from(&stranger, session("cr-taken", OURS, "Deploy", "x"));
    let forest = forest(&[stolen, stranger, taken]);
    let mut ask = Ask::of(&forest, "cr-taken");
    let trust = json!({"Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
        "Principal": {"AWS": format!("arn:aws:iam::{FOREIGN}:root")}}]});
    ask.inventory.accounts = vec![keyline_contain::inventory::Account {
        account: OURS.to_owned(),
        roles: vec![keyline_contain::inventory::Role {
            role_name: "Deploy".to_owned(),
            assume_role_policy_document: Some(trust),
            ..Default::default()
        }],
        ..Default::default()
    }];
    let plan = ask.plan();
    let close = plan.steps.iter().find(|step| step.kind == "close-trust");
    let close = close.unwrap();
    let object = format!("{OURS}/trust/Deploy");
    let scratch = Scratch::named("drift");
    let mut live = Live::with_keys(&[]);
    live.states.insert(object.clone(), another());
    let reports = go(&plan, &mut live, &scratch, &mut Hands::at(NOW), &[]).unwrap();
    let report = reports
        .iter()
        .find(|report| report.step == close.id)
        .unwrap();
    assert!(matches!(&report.ended, Ended::Failed(why) if why.contains("somebody changed it")));
    assert_eq!(live.states[&object], another());
    // The others are taken all the same.
    assert!(
        live.made
            .iter()
            .any(|made| made.starts_with("PutRolePolicy"))
    );
}

#[test]
fn a_refusal_fails_its_step_and_a_full_user_is_denied_another_way() {
    let plan = plan_of(&tree(), "cr-key");
    let scratch = Scratch::named("faults");
    let mut live = Live::with_keys(&KEYS);
    live.faults.insert(
        "UpdateAccessKey".to_owned(),
        CallError::of("AccessDenied", "no"),
    );
    live.faults.insert(
        "PutUserPolicy".to_owned(),
        CallError::of("LimitExceeded", "2048"),
    );
    let reports = go(&plan, &mut live, &scratch, &mut Hands::at(NOW), &[]).unwrap();
    assert_eq!(reports.iter().filter(|report| report.denied).count(), 2);
    let attached = live
        .made
        .iter()
        .filter(|made| made.starts_with("AttachUserPolicy"));
    assert!(attached.count() >= 2, "{:?}", live.made);
    let deny = plan
        .steps
        .iter()
        .find(|step| step.kind == "deny-all-on-user")
        .unwrap();
    let report = reports
        .iter()
        .find(|report| report.step == deny.id)
        .unwrap();
    assert_eq!(report.ended, Ended::Done);
    // And undone the same way, once that is allowed: not before the key is off, and then 36 hours later.
    let mut journal = Journal::open(&scratch.0, &plan.hash).unwrap();
    let mut later = Hands::at(NOW + 40 * HOUR);
    let mut taken_back = |live: &mut Live, later: &mut Hands| {
        undo(&plan, &deny.id, PERMIT, live, &mut journal, later).unwrap()
    };
    let refused = taken_back(&mut live, &mut later);
    let active = UndoRefused::KeysActive(vec!["AKIACRKEY".to_owned()]);
    assert_eq!(refused, Undoing::Refused(active));
    live.states.insert(
        format!("{OURS}//alice/AKIACRKEY"),
        json!({"status": "Inactive"}),
    );
    // Nobody wrote down when it was switched off: it is off since it was first seen so.
    for wait in [0, 35 * HOUR] {
        later.now += wait;
        let refused = taken_back(&mut live, &mut later);
        let Undoing::Refused(UndoRefused::Zombies { until }) = refused else {
            panic!("{refused:?}");
        };
        assert!((NOW + 76 * HOUR..NOW + 77 * HOUR).contains(&until));
    }
    later.now += HOUR + HOUR / 2;
    assert_eq!(taken_back(&mut live, &mut later), Undoing::Undone);
    assert!(live.made.last().unwrap().starts_with("DetachUserPolicy"));
}

#[test]
fn without_evidence_nothing_is_changed() {
    let plan = plan_of(&tree(), "cr-key");
    let scratch = Scratch::named("evidence");
    let mut live = Live::with_keys(&KEYS);
    live.faults
        .insert("snapshot".to_owned(), CallError::of("AccessDenied", "no"));
    go(&plan, &mut live, &scratch, &mut Hands::at(NOW), &[]).unwrap();
    assert!(live.made.is_empty(), "{:?}", live.made);
    // Where that is waived everything is.
    let scratch = Scratch::named("evidence-waived");
    go_without_evidence(&plan, &mut live, &scratch).unwrap();
    assert!(live.made.len() >= 4, "{:?}", live.made);
}

#[test]
fn deletions_wait_for_a_confirmation_of_their_own() {
    let stolen = key("cr-key", OURS, "alice");
    let secret = from(&stolen, password("cr-pass", OURS, "bob"));
    let plan = plan_of(&[stolen, secret], "cr-key");
    let asks = plan
        .steps
        .iter()
        .find(|step| step.needs_confirmation)
        .unwrap();
    let deleted = |live: &Live| {
        live.made
            .iter()
            .any(|made| made.starts_with("DeleteLoginProfile"))
    };
    let scratch = Scratch::named("confirm");
    let mut live = Live::with_keys(&KEYS);
    live.states
        .insert(format!("{OURS}//bob"), json!({"exists": true}));
    let mut clock = Hands::at(NOW);
    go(&plan, &mut live, &scratch, &mut clock, &[]).unwrap();
    assert!(!deleted(&live));
    go(&plan, &mut live, &scratch, &mut clock, &[&asks.id]).unwrap();
    assert!(deleted(&live));
}

/// The thief uses what still works: while its role may act it takes denials of alice away.
fn thief(live: &mut Live) {
    let revoked = live
        .states
        .keys()
        .any(|object| object.starts_with(&format!("{OTHER}//Admin/Keyline-")));
    if !revoked {
        live.states
            .retain(|object, _| !object.starts_with(&format!("{OURS}//alice/Keyline-deny")));
        live.states.insert(
            format!("{OURS}//alice/AKIACRKEY"),
            json!({"status": "Active"}),
        );
    }
}

#[test]
fn a_thief_who_takes_denials_away_loses_the_race() {
    let plan = plan_of(&tree(), "cr-key");
    let scratch = Scratch::named("race");
    let mut live = Live::with_keys(&KEYS);
    live.thief = Some(thief);
    go(&plan, &mut live, &scratch, &mut Hands::at(NOW), &[]).unwrap();
    let journal = Journal::open(&scratch.0, &plan.hash).unwrap();
    assert!(
        look(&plan, &mut live, &journal).is_empty(),
        "{:?}",
        live.states
    );
    assert_eq!(
        live.states[&format!("{OURS}//alice/AKIACRKEY")],
        json!({"status": "Inactive"})
    );
    // The naive way, to switch the key off and be done, loses: a second later it is on again.
    let mut naive = Live::with_keys(&KEYS);
    naive.states.insert(
        format!("{OURS}//alice/AKIACRKEY"),
        json!({"status": "Inactive"}),
    );
    thief(&mut naive);
    assert_eq!(
        naive.states[&format!("{OURS}//alice/AKIACRKEY")],
        json!({"status": "Active"})
    );
}

#[test]
fn undoing_waits_for_the_dead_and_says_how_long() {
    let plan = plan_of(&tree(), "cr-key");
    let scratch = Scratch::named("undo");
    let mut live = Live::with_keys(&KEYS);
    let mut clock = Hands::at(NOW);
    go(&plan, &mut live, &scratch, &mut clock, &[]).unwrap();
    let deny = plan
        .steps
        .iter()
        .find(|step| step.kind == "deny-all-on-user")
        .unwrap();
    let mut journal = Journal::open(&scratch.0, &plan.hash).unwrap();
    clock.now = NOW + 36 * HOUR;
    let refused = undo(&plan, &deny.id, PERMIT, &mut live, &mut journal, &mut clock).unwrap();
    // Counted from the second stamp, which came after the denial.
    let Undoing::Refused(UndoRefused::Zombies { until }) = refused else {
        panic!("{refused:?}");
    };
    assert!(until > NOW + 36 * HOUR && until < NOW + 37 * HOUR);
    clock.now = until;
    let undone = undo(&plan, &deny.id, PERMIT, &mut live, &mut journal, &mut clock).unwrap();
    assert_eq!(undone, Undoing::Undone);
    assert!(
        !live
            .states
            .keys()
            .any(|object| object.contains("alice/Keyline-deny"))
    );
}

#[test]
fn a_success_after_the_cut_is_an_alarm() {
    let plan = plan_of(&tree(), "cr-key");
    let scratch = Scratch::named("alarm");
    let mut live = Live::with_keys(&KEYS);
    go(&plan, &mut live, &scratch, &mut Hands::at(NOW), &[]).unwrap();
    let journal = Journal::open(&scratch.0, &plan.hash).unwrap();
    let mut later = tree();
    assert!(alarms(&plan, &journal, &forest(&later)).is_empty());
    later[2].last_success = Some(NOW + HOUR);
    // What the role made after the plan was made is of the tree too.
    let mut newest = from(&later[2], session("cr-new", OTHER, "Audit", "y"));
    newest.last_success = Some(NOW + 2 * HOUR);
    later.push(newest);
    let found = alarms(&plan, &journal, &forest(&later));
    let ids: Vec<&str> = found
        .iter()
        .map(|alarm| alarm.credential.as_str())
        .collect();
    assert_eq!(ids, ["cr-role", "cr-new"]);
}

#[test]
fn whoever_was_switched_off_or_denied_raises_the_alarm_also_outside_of_the_tree() {
    let mut before = tree();
    before.push(key("cr-other", OURS, "alice"));
    let plan = plan_of(&before, "cr-key");
    let scratch = Scratch::named("alarm-outside");
    let mut live = Live::with_keys(&[KEYS[0], KEYS[1], (OURS, "alice", "AKIACROTHER")]);
    go(&plan, &mut live, &scratch, &mut Hands::at(NOW), &[]).unwrap();
    let journal = Journal::open(&scratch.0, &plan.hash).unwrap();
    let told = |change: &dyn Fn(&mut Vec<Credential>)| {
        let mut later = before.clone();
        change(&mut later);
        let found = alarms(&plan, &journal, &forest(&later)).into_iter();
        let told: Vec<(Weight, String)> = found.map(|it| (it.weight, it.credential)).collect();
        told
    };
    assert!(told(&|_| {}).is_empty());
    // A key beside the tree that the plan switched off.
    let other = told(&|later| later[4].last_success = Some(NOW + HOUR));
    assert_eq!(other, [(Weight::Alarm, "cr-other".to_owned())]);
    // A session of the denied user that no log connects with anything.
    let unknown = told(&|later| {
        let mut token = token("cr-unknown", OURS, "alice");
        token.last_success = Some(NOW + HOUR);
        later.push(token);
    });
    assert_eq!(unknown, [(Weight::Alarm, "cr-unknown".to_owned())]);
    // A session of the revoked role, younger than the revocation, whose maker no log shows; one whose maker is
    // known, and one of another role.
    let fresh = told(&|later| {
        let mut fresh = session("cr-fresh", OTHER, "Admin", "y");
        fresh.issued_at = Some(NOW + HOUR);
        let mut elsewhere = session("cr-elsewhere", OTHER, "Audit", "y");
        elsewhere.issued_at = Some(NOW + HOUR);
        let maker = key("cr-bob", OURS, "carol");
        let mut made = from(&maker, session("cr-made", OTHER, "Admin", "z"));
        made.issued_at = Some(NOW + HOUR);
        later.extend([fresh, elsewhere, maker, made]);
    });
    assert_eq!(fresh, [(Weight::Look, "cr-fresh".to_owned())]);
}
