//! A plan carried out, step by step.
//!
//! In: a plan, the hash that was approved, AWS, a journal and a clock. Out: how each step ended. Before each
//! call the state is read: what is as wanted already is not done again, and what is not as the plan knows it
//! is not touched. The journal is written before each call and after it, so that a run that was cut off goes
//! on where it was. One step that fails does not keep the others from being taken: half a cut is better than
//! none, and the report says what is left alive.

use std::collections::{BTreeMap, BTreeSet};

use keyline_lineage::CredentialId;
use keyline_trail::time::format_time;
use serde_json::{Value, json};

use crate::aws::{At, Aws, CallError, CallErrorKind, document, wanted, without_instants};
use crate::error::{Error, ErrorKind};
use crate::journal::{Event, Journal};
use crate::owner::{Owner, named_by};
use crate::plan::{Call, Phase, Plan, Step};
use crate::policy::CUT_OFF;
use crate::verify::settle;

/// The time, and waiting.
pub trait Clock {
    /// Microseconds since 1970.
    fn now(&mut self) -> i64;
    fn wait_s(&mut self, seconds: u64);
}

/// What was agreed to.
#[derive(Clone, Debug)]
pub struct Approval<'a> {
    /// The hash of the plan that was read and approved.
    pub hash: &'a str,
    /// Steps that need a confirmation of their own and have it.
    pub confirmed: &'a BTreeSet<String>,
    pub evidence: Evidence,
}

/// What happens to a principal whose snapshot cannot be filed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// It is not changed.
    Required,
    /// It is changed all the same.
    Waived,
}

/// How a step ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    Done,
    /// It was as wanted, or an earlier run did it.
    AlreadyDone,
    Skipped(String),
    Failed(String),
}

/// The end of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepReport {
    pub step: String,
    pub ended: Ended,
    /// What the step was to stop and did not.
    pub left_alive: Vec<CredentialId>,
    /// AWS refused for want of a permission.
    pub denied: bool,
}

/// Carries a plan out. Every ended step is told to `told` as it ends.
pub fn run(
    plan: &Plan,
    approval: &Approval<'_>,
    aws: &mut dyn Aws,
    journal: &mut Journal,
    clock: &mut dyn Clock,
    told: &mut dyn FnMut(&Step, &StepReport),
) -> Result<Vec<StepReport>, Error> {
    if approval.hash != plan.hash {
        return Err(Error::new(
            ErrorKind::NotApproved,
            format!(
                "approved is `{}`, and the plan has the hash {}: read it again, then approve that",
                approval.hash.escape_debug(),
                plan.hash
            ),
        ));
    }
    check_identities(plan, aws)?;
    let mut ended: BTreeMap<&str, Ended> = BTreeMap::new();
    let mut reports = Vec::new();
    for step in &plan.steps {
        let (end, denied) = match held_back(plan, step, approval, journal, &ended) {
            Some(end) => (end, false),
            None => take(plan, step, aws, journal, clock)?,
        };
        let stopped = matches!(end, Ended::Done | Ended::AlreadyDone);
        let report = StepReport {
            step: step.id.clone(),
            left_alive: match stopped {
                true => Vec::new(),
                false => step.stops.clone(),
            },
            ended: end.clone(),
            denied,
        };
        told(step, &report);
        reports.push(report);
        ended.insert(&step.id, end);
    }
    Ok(reports)
}

/// Whoever runs the plan must be in the right account everywhere, and be none of those whom it changes.
fn check_identities(plan: &Plan, aws: &mut dyn Aws) -> Result<(), Error> {
    let acting = plan.steps.iter().filter(|step| is_acting(step));
    let accounts: BTreeSet<&str> = acting.map(|step| step.account.as_str()).collect();
    for account in accounts {
        let arn = aws.identity(account).map_err(|error| {
            Error::new(
                ErrorKind::Identity,
                format!("cannot enter account {account}: {}", error.why()),
            )
        })?;
        let own = named_by(&arn);
        let own_account = own.as_ref().map(|own| own.account().to_owned());
        if own_account.as_deref() != Some(account) {
            return Err(Error::new(
                ErrorKind::Identity,
                format!("the credentials for account {account} are those of `{arn}`"),
            ));
        }
        let changed = plan
            .steps
            .iter()
            .filter(|step| is_acting(step) && step.phase != Phase::Evidence)
            .find(|step| principal(step) == own && own.is_some());
        if let Some(step) = changed {
            return Err(Error::new(
                ErrorKind::Identity,
                format!(
                    "step {} changes `{arn}`, by which the plan would be carried out",
                    step.id
                ),
            ));
        }
    }
    Ok(())
}

/// Why a step is not taken now, if it is not.
fn held_back(
    plan: &Plan,
    step: &Step,
    approval: &Approval<'_>,
    journal: &Journal,
    ended: &BTreeMap<&str, Ended>,
) -> Option<Ended> {
    let skipped = |why: String| Some(Ended::Skipped(why));
    if journal.is_done(&step.id) {
        return Some(Ended::AlreadyDone);
    }
    if step.by_hand {
        return skipped("a person takes it".to_owned());
    }
    if step.needs_confirmation && !approval.confirmed.contains(&step.id) {
        return skipped(format!(
            "it needs a confirmation of its own: --confirm {}",
            step.id
        ));
    }
    if step.service == "keyline" && step.action != "Verify" {
        return skipped("a person takes it".to_owned());
    }
    // Verification looks at whatever was done, and a second stamp is set although something was amiss.
    let missing = step.depends_on.iter().find(|id| {
        let done = matches!(
            ended.get(id.as_str()),
            Some(Ended::Done | Ended::AlreadyDone)
        );
        let patient = step.phase == Phase::Verify
            || plan
                .steps
                .iter()
                .any(|other| other.id == **id && other.phase == Phase::Verify);
        !done && !patient
    });
    if let Some(id) = missing
        && approval.evidence == Evidence::Required
    {
        return skipped(format!("step {id} was not done, and this one stands on it"));
    }
    None
}

fn take(
    plan: &Plan,
    step: &Step,
    aws: &mut dyn Aws,
    journal: &mut Journal,
    clock: &mut dyn Clock,
) -> Result<(Ended, bool), Error> {
    if step.service == "keyline" {
        return verify(plan, step, aws, journal, clock);
    }
    let place = At {
        account: &step.account,
        region: &step.region,
    };
    if step.phase == Phase::Evidence {
        return snapshot(step, &place, aws, journal, clock);
    }
    let call = filled(step, journal, clock.now());
    let before = match aws.state(&place, &call) {
        Ok(state) => state,
        Err(error) if error.kind == CallErrorKind::Missing => Value::Null,
        Err(error) => return failed(step, &error, journal, clock),
    };
    if wanted(&call).is_some_and(|wanted| wanted == before) {
        journal.write(
            clock.now(),
            Event::AlreadyDone,
            &step.id,
            Some(&call),
            Value::Null,
        )?;
        return Ok((Ended::AlreadyDone, false));
    }
    if let Some(why) = drifted(step, &call, &before) {
        journal.write(
            clock.now(),
            Event::Failed,
            &step.id,
            None,
            json!({"why": why, "state": before}),
        )?;
        return Ok((Ended::Failed(why), false));
    }
    journal.write(
        clock.now(),
        Event::Begin,
        &step.id,
        Some(&call),
        json!({"before": before}),
    )?;
    match aws.call(&place, &call) {
        Ok(answer) => {
            journal.write(clock.now(), Event::Done, &step.id, None, answer)?;
            Ok((Ended::Done, false))
        }
        Err(error) if error.kind == CallErrorKind::Full => {
            other_way(step, &place, error, aws, journal, clock)
        }
        Err(error) => failed(step, &error, journal, clock),
    }
}

/// A user whose inline policies leave no room gets AWS's own policy of denial instead.
fn other_way(
    step: &Step,
    place: &At<'_>,
    error: CallError,
    aws: &mut dyn Aws,
    journal: &mut Journal,
    clock: &mut dyn Clock,
) -> Result<(Ended, bool), Error> {
    let user = step.params.get("user_name");
    let (true, Some(user)) = (step.kind == "deny-all-on-user", user) else {
        return failed(step, &error, journal, clock);
    };
    let partition = keyline_trail::partition::Partition::of_region(place.region).name();
    let policy = format!("arn:{partition}:iam::aws:policy/AWSDenyAll");
    let call = Call::new(
        "iam",
        "AttachUserPolicy",
        crate::action::params([("user_name", user.clone()), ("policy_arn", json!(policy))]),
    );
    let more = json!({"instead_because": error.why()});
    journal.write(clock.now(), Event::Begin, &step.id, Some(&call), more)?;
    match aws.call(place, &call) {
        Ok(answer) => {
            journal.write(clock.now(), Event::Done, &step.id, None, answer)?;
            Ok((Ended::Done, false))
        }
        Err(error) => failed(step, &error, journal, clock),
    }
}

fn snapshot(
    step: &Step,
    place: &At<'_>,
    aws: &mut dyn Aws,
    journal: &mut Journal,
    clock: &mut dyn Clock,
) -> Result<(Ended, bool), Error> {
    match aws.snapshot(place, &step.requires, &step.params) {
        Ok(state) => {
            journal.write(
                clock.now(),
                Event::Done,
                &step.id,
                None,
                json!({"snapshot": state}),
            )?;
            Ok((Ended::Done, false))
        }
        Err(error) => failed(step, &error, journal, clock),
    }
}

fn verify(
    plan: &Plan,
    step: &Step,
    aws: &mut dyn Aws,
    journal: &mut Journal,
    clock: &mut dyn Clock,
) -> Result<(Ended, bool), Error> {
    let wrong = settle(plan, aws, journal, clock)?;
    if wrong.is_empty() {
        journal.write(clock.now(), Event::Done, &step.id, None, Value::Null)?;
        return Ok((Ended::Done, false));
    }
    let why = format!("not as wanted after the last look: {}", wrong.join(", "));
    journal.write(
        clock.now(),
        Event::Failed,
        &step.id,
        None,
        json!({"why": why}),
    )?;
    Ok((Ended::Failed(why), false))
}

fn failed(
    step: &Step,
    error: &CallError,
    journal: &mut Journal,
    clock: &mut dyn Clock,
) -> Result<(Ended, bool), Error> {
    let why = error.why();
    journal.write(
        clock.now(),
        Event::Failed,
        &step.id,
        None,
        json!({"why": why}),
    )?;
    Ok((Ended::Failed(why), error.kind == CallErrorKind::Denied))
}

/// The step's call with the instant filled in: that of an earlier, unfinished attempt if there was one, so
/// that what it may have done is recognised.
fn filled(step: &Step, journal: &Journal, now: i64) -> Call {
    let attempted = journal
        .last_of(&step.id)
        .filter(|line| line.event == Event::Begin);
    if let Some(call) = attempted.and_then(|line| line.call.clone()) {
        return call;
    }
    // Whole seconds: that is how AWS compares.
    let instant = format_time(now.div_euclid(1_000_000) * 1_000_000);
    let mut call = Call::new(&step.service, &step.action, step.params.clone());
    for value in call.params.values_mut() {
        if let Value::String(text) = value
            && text.contains(CUT_OFF)
        {
            *text = text.replace(CUT_OFF, &instant);
        }
    }
    call
}

/// Why a state is not the one that the plan was made for.
fn drifted(step: &Step, call: &Call, before: &Value) -> Option<String> {
    let undo = step.undo.as_ref();
    let undo_param = |name: &str| undo.and_then(|undo| undo.params.get(name));
    let drift = match call.action.as_str() {
        // A policy of ours is not there yet, or an earlier stamp of it is.
        "PutUserPolicy" | "PutRolePolicy" if step.kind != "undo-what-was-done" => {
            let ours = wanted(call).map(|wanted| without_instants(&wanted));
            !before.is_null() && Some(without_instants(before)) != ours
        }
        "UpdateAssumeRolePolicy" => undo_param("policy_document")
            .is_some_and(|known| before["policy_document"] != document(known)),
        "PutInlinePolicyToPermissionSet" => {
            let ours = wanted(call).map(|wanted| without_instants(&wanted));
            let known = undo_param("inline_policy")
                .map(document)
                .unwrap_or(Value::Null);
            before.get("inline_policy").unwrap_or(&Value::Null) != &known
                && Some(without_instants(before)) != ours
        }
        _ => false,
    };
    drift.then(|| {
        "it is not as the plan knows it: somebody changed it since; make a new plan".to_owned()
    })
}

fn is_acting(step: &Step) -> bool {
    !step.by_hand && step.service != "keyline"
}

/// The user or role that a step changes.
fn principal(step: &Step) -> Option<Owner> {
    let account = step.account.clone();
    let text = |name: &str| step.params.get(name)?.as_str().map(str::to_owned);
    match (text("user_name"), text("role_name")) {
        (Some(name), _) => Some(Owner::User { account, name }),
        (None, Some(name)) => Some(Owner::Role { account, name }),
        (None, None) => None,
    }
}
