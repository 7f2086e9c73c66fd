//! Plans for people of Identity Center, carried out: permission sets are written, provisioned, watched and spared.

use keyline_contain::aws::CallError;
use keyline_contain::journal::Journal;
use keyline_contain::run::Ended;
use keyline_contain::undo::{Undoing, undo};
use keyline_contain::verify::look;
use keyline_contain::{ErrorKind, Estate, Plan, inventory};
use keyline_lineage::{Credential, Kind};
use serde_json::{Value, json};

use crate::live::*;
use crate::running::{Scratch, go, go_under, go_without_evidence};
use crate::world::*;

const SET: &str = "arn:aws:sso:::permissionSet/ssoins-0123456789abcdef/ps-0123456789abcdef";
const ROLE: &str = "AWSReservedSSO_Admin_0123456789abcdef";

/// What stands in the permission set before the plan comes.
fn theirs() -> Value {
    json!({"Version": "2012-10-17", "Statement": [{"Sid": "Theirs", "Effect": "Deny", "Action": "*",
        "Resource": "*", "Condition": {"StringNotEquals": {"aws:RequestedRegion": "eu-west-1"}}}]})
}

/// A plan for the sessions of one person, where the permission set was looked up.
fn plan_for(person: &str) -> Plan {
    let portal = Credential {
        user_name: person.to_owned(),
        ..bare("cr-portal", Kind::IdentityCenterSession, OURS)
    };
    let made = from(&portal, session("cr-role", OTHER, ROLE, person));
    let forest = forest(&[portal, made]);
    let mut ask = Ask::of(&forest, "cr-role");
    ask.inventory.accounts.push(inventory::Account {
        account: OURS.to_owned(),
        permission_sets: vec![inventory::PermissionSet {
            name: "Admin".to_owned(),
            region: "eu-central-1".to_owned(),
            instance_arn: "arn:aws:sso:::instance/ssoins-0123456789abcdef".to_owned(),
            permission_set_arn: SET.to_owned(),
            inline_policy: Some(theirs()),
            ..inventory::PermissionSet::default()
        }],
        ..inventory::Account::default()
    });
    ask.plan()
}

fn set_object() -> String {
    format!("{OURS}//{SET}")
}

/// An AWS in which the set stands as the plan knows it, under this name.
fn with_set(name: &str) -> Live {
    let mut live = Live::with_keys(&[]);
    let state = json!({"inline_policy": theirs(), "permission_set_name": name});
    live.states.insert(set_object(), state);
    live
}

/// The thief writes the set back and provisions it, once.
fn thief(live: &mut Live) {
    let puts = live
        .made
        .iter()
        .filter(|made| made.starts_with("Put"))
        .count();
    let provisions = live
        .made
        .iter()
        .filter(|made| made.starts_with("Prov"))
        .count();
    if puts == 2 && provisions == 2 {
        let state = json!({"inline_policy": theirs(), "permission_set_name": "Admin"});
        live.states.insert(set_object(), state);
        live.thief = None;
    }
}

/// The calls at permission sets, by the first letters of their names.
fn calls(live: &Live) -> Vec<&str> {
    let made = live.made.iter().map(|made| &made[..4]);
    made.collect()
}

#[test]
fn what_is_laid_on_again_is_provisioned_again() {
    let plan = plan_for("alice");
    let scratch = Scratch::named("set-again");
    let mut live = with_set("Admin");
    let reports = go(&plan, &mut live, &scratch, &mut Hands::at(NOW), &[]).unwrap();
    assert!(
        reports
            .iter()
            .all(|it| !matches!(it.ended, Ended::Failed(_))),
        "{reports:?}"
    );
    assert_eq!(calls(&live), ["PutI", "Prov", "PutI", "Prov"]);

    // Somebody wrote the old policy into it and provisioned that.
    let scratch = Scratch::named("set-raced");
    let mut live = with_set("Admin");
    live.thief = Some(thief);
    go(&plan, &mut live, &scratch, &mut Hands::at(NOW), &[]).unwrap();
    let journal = Journal::open(&scratch.0, &plan.hash).unwrap();
    let gone = look(&plan, &mut live, &journal);
    assert!(!gone.is_empty());
    drop(journal);
    go_again(&plan, &mut live, &scratch);
    let last = calls(&live);
    assert_eq!(last[last.len() - 2..], ["PutI", "Prov"]);
    let journal = Journal::open(&scratch.0, &plan.hash).unwrap();
    assert!(look(&plan, &mut live, &journal).is_empty());
    drop(journal);

    // The policy stands there, and the accounts have another state of the set.
    let provisioned = format!("{OURS}/provisioned/{SET}");
    live.states
        .insert(provisioned.clone(), json!({"provisioned": false}));
    let before = live.made.len();
    go_again(&plan, &mut live, &scratch);
    assert!(
        live.made[before..]
            .iter()
            .all(|made| made.starts_with("Prov"))
    );
    assert_eq!(live.states[&provisioned], json!({"provisioned": true}));
}

/// The looks of a verification, after everything is done.
fn go_again(plan: &Plan, live: &mut Live, scratch: &Scratch) {
    let mut journal = Journal::open(&scratch.0, &plan.hash).unwrap();
    let verify = plan
        .steps
        .iter()
        .find(|step| step.action == "Verify")
        .unwrap();
    let failed = keyline_contain::journal::Event::Failed;
    journal
        .write(NOW, failed, &verify.id, None, Value::Null)
        .unwrap();
    drop(journal);
    let reports = go(plan, live, scratch, &mut Hands::at(NOW + HOUR), &[]).unwrap();
    let verified = reports
        .iter()
        .find(|report| report.step == verify.id)
        .unwrap();
    assert_eq!(verified.ended, Ended::Done);
}

#[test]
fn without_evidence_a_step_still_waits_for_what_it_stands_on() {
    let plan = plan_for("alice");
    let scratch = Scratch::named("set-waits");
    let mut live = with_set("Admin");
    let no = CallError::of("AccessDenied", "no");
    live.faults
        .insert("PutInlinePolicyToPermissionSet".to_owned(), no);
    go_without_evidence(&plan, &mut live, &scratch).unwrap();
    assert!(live.made.is_empty(), "{:?}", live.made);
}

#[test]
fn a_set_of_another_name_is_not_the_plans() {
    let plan = plan_for("alice");
    let scratch = Scratch::named("set-named");
    let mut live = with_set("BreakGlass");
    let reports = go(&plan, &mut live, &scratch, &mut Hands::at(NOW), &[]).unwrap();
    let failed = |report: &&keyline_contain::run::StepReport| matches!(&report.ended, Ended::Failed(why) if why.contains("not as the plan knows it"));
    assert_eq!(reports.iter().filter(failed).count(), 1, "{reports:?}");
    assert!(live.made.is_empty(), "{:?}", live.made);
}

/// The error of a run under rules, by somebody.
#[track_caller]
fn check_refused(plan: &Plan, estate: &Estate, own: &str, why: &str) {
    let scratch = Scratch::named(&format!("set-guarded-{}", why.len()));
    let mut live = with_set("Admin");
    own.clone_into(&mut live.own);
    let error = go_under(estate, plan, &mut live, &scratch, &mut Hands::at(NOW), &[]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Guarded, "{error}");
    assert!(error.to_string().contains(why), "{error}");
    assert!(live.made.is_empty());
}

#[test]
fn a_permission_set_is_asked_about_before_the_first_call() {
    let plan = plan_for("alice");
    let glass = |entry: &str| Estate {
        break_glass: vec![entry.to_owned()],
        ..Estate::default()
    };
    let responder = "assumed-role/Responder/me";
    let listed = "are on the break-glass list";
    for entry in [
        "arn:aws:iam::444455556666:role/AWSReservedSSO_Admin_0123456789abcdef",
        "arn:aws:iam::*:role/aws-reserved/sso.amazonaws.com/*/AWSReservedSSO_Admin_*",
        "arn:aws:sts::*:assumed-role/AWSReservedSSO_Adm*/carol",
    ] {
        check_refused(&plan, &glass(entry), responder, listed);
    }
    let own = "assumed-role/AWSReservedSSO_Admin_fedcba9876543210/bob";
    check_refused(
        &plan,
        &Estate::default(),
        own,
        "came by the permission set Admin",
    );
    let own = "assumed-role/AWSReservedSSO_Other_fedcba9876543210/alice";
    let why = "it would deny everything to whoever runs the plan";
    check_refused(&plan, &Estate::default(), own, why);
    // And what has nothing to do with it is left alone.
    let mut live = with_set("Admin");
    "assumed-role/AWSReservedSSO_Other_fedcba9876543210/bob".clone_into(&mut live.own);
    let mut estate = glass("arn:aws:iam::*:role/AWSReservedSSO_AdminGlass_*");
    let user = "arn:aws:iam::*:user/*".to_owned();
    estate.break_glass.push(user);
    let scratch = Scratch::named("set-allowed");
    go_under(
        &estate,
        &plan,
        &mut live,
        &scratch,
        &mut Hands::at(NOW),
        &[],
    )
    .unwrap();
    assert_eq!(live.made.len(), 4);
}

#[test]
fn a_forged_plan_writes_nothing_else_into_a_permission_set() {
    let honest = plan_for("alice").to_json();
    let denial = |condition: Value| {
        let mut policy = theirs();
        let all = json!({"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": condition});
        policy["Statement"].as_array_mut().unwrap().push(all);
        policy
    };
    let allow = json!({"Effect": "Allow", "Action": "*", "Resource": "*"});
    let mut widened = theirs();
    widened["Statement"].as_array_mut().unwrap().push(allow);
    let emptied = json!({"Version": "2012-10-17", "Statement": []});
    for (policy, why) in [
        (denial(json!({})), "something else"),
        (
            denial(json!({"StringLike": {"aws:userid": ["*"]}})),
            "something else",
        ),
        (
            denial(json!({"StringLike": {"aws:userid": ["*:*"]}})),
            "something else",
        ),
        (
            denial(json!({"StringLike": {"aws:userid": []}})),
            "something else",
        ),
        (widened, "something else"),
        (emptied, "take away"),
    ] {
        let mut forged = honest.clone();
        for step in forged["steps"].as_array_mut().unwrap() {
            if step["action"] == "PutInlinePolicyToPermissionSet" {
                step["params"]["inline_policy"] = json!(policy.to_string());
            }
        }
        let plan = crate::output::with_its_hash(forged).unwrap();
        check_refused(&plan, &Estate::default(), "assumed-role/Responder/me", why);
    }
    let mut nameless = honest;
    for step in nameless["steps"].as_array_mut().unwrap() {
        if let Some(params) = step["params"].as_object_mut() {
            params.remove("permission_set_name");
        }
    }
    let plan = crate::output::with_its_hash(nameless).unwrap();
    let why = "does not say which permission set";
    check_refused(&plan, &Estate::default(), "assumed-role/Responder/me", why);
}

#[test]
fn the_earlier_policy_comes_back_and_is_provisioned() {
    let plan = plan_for("alice");
    let scratch = Scratch::named("set-undone");
    let mut live = with_set("Admin");
    let mut clock = Hands::at(NOW);
    go(&plan, &mut live, &scratch, &mut clock, &[]).unwrap();
    clock.now = NOW + 80 * HOUR;
    let mut journal = Journal::open(&scratch.0, &plan.hash).unwrap();
    let last = |action: &str| {
        plan.steps
            .iter()
            .rfind(|step| step.action == action)
            .unwrap()
    };
    for step in ["PutInlinePolicyToPermissionSet", "ProvisionPermissionSet"].map(last) {
        let ended = undo(&plan, &step.id, FORCED, &mut live, &mut journal, &mut clock).unwrap();
        assert_eq!(ended, Undoing::Undone, "{}", step.action);
    }
    assert_eq!(live.states[&set_object()]["inline_policy"], theirs());
    let provisioned = format!("{OURS}/provisioned/{SET}");
    assert_eq!(live.states[&provisioned], json!({"provisioned": true}));
}
