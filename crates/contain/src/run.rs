//! A plan carried out, step by step.
//!
//! In: a plan, the hash that was approved, AWS, a journal and a clock. Out: how each step ended. Before each
//! call the state is read: what is as wanted already is not done again, and what is not as the plan knows it
//! is not touched. Whom a plan must not touch is asked again, for each step before the first call. Steps that
//! touch different principals are taken at the same time. The journal is written before each call and after
//! it, so that a run that was cut off goes on where it was. One step that fails does not keep the others from
//! being taken: half a cut is better than none, and the report says what is left alive.

use std::collections::{BTreeMap, BTreeSet};

use keyline_lineage::CredentialId;
use keyline_trail::time::{format_time, parse_time};
use serde_json::{Value, json};

use crate::aws::{
    Ask, Asked, At, Aws, CallError, CallErrorKind, document, wanted, without_instants,
};
use crate::error::{Error, ErrorKind};
use crate::guard::{Guard, principal, principals};
use crate::journal::{Event, Journal};
use crate::limits::{AT_ONCE_MAX, CUT_OFF_AHEAD_S};
use crate::owner::named_by;
use crate::plan::{Call, Phase, Plan, Step};
use crate::policy::CUT_OFF;
use crate::request::Estate;
use crate::resources::RESTORE;
use crate::sweep::{found, is_sweep, switched, user_of};
use crate::verify::{PROVISION, awake, settle};
use crate::ways::{check_journal, instead_of, under_another_name};

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
    /// What must not be touched, as it is known now: what was known when the plan was made stands in no plan.
    pub estate: &'a Estate,
    /// When it is looked whether everything still holds, in seconds after the last step:
    /// [`LOOKS_S`](crate::verify::LOOKS_S) unless somebody knows better.
    pub looks_s: &'a [u64],
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
    /// Keys that the plan could not name and that were switched off.
    pub found: Vec<Found>,
    /// Why it was done in another way than the plan says, and in which.
    pub otherwise: Option<String>,
}

/// A key that came to light while a plan was carried out, and was switched off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The step that stands for it, by which it is taken back.
    pub step: String,
    pub account: String,
    pub user: String,
    pub key: String,
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
    check_approval(plan, approval.hash)?;
    check_journal(plan, journal)?;
    check_guards(plan, &Guard::at_run(approval.estate, &[]))?;
    let by = check_identities(plan, aws)?;
    let guard = Guard::at_run(approval.estate, &by);
    check_guards(plan, &guard)?;
    let mut ended: BTreeMap<&str, Ended> = BTreeMap::new();
    let mut reports: Vec<StepReport> = Vec::new();
    let mut waiting: Vec<&Step> = plan.steps.iter().collect();
    while !waiting.is_empty() {
        let batch = next_batch(&mut waiting);
        let mut ends: Vec<(&Step, Ended, Refusal)> = Vec::new();
        let mut taken = Vec::new();
        for step in batch {
            match held_back(plan, step, approval, journal, &ended) {
                Some(end) => ends.push((step, end, Refusal::None)),
                None => taken.push(step),
            }
        }
        let mut hands = Hands {
            plan,
            aws,
            journal,
            clock,
            guard: &guard,
            confirmed: approval.confirmed,
            looks_s: approval.looks_s,
        };
        ends.append(&mut hands.take(&taken)?);
        for (step, end, refusal) in ends {
            let stopped = matches!(end, Ended::Done | Ended::AlreadyDone);
            let report = StepReport {
                step: step.id.clone(),
                left_alive: match stopped {
                    true => Vec::new(),
                    false => step.stops.clone(),
                },
                ended: end.clone(),
                denied: refusal == Refusal::ByAws,
                found: came_to_light(plan, step, journal),
                otherwise: otherwise(step, journal).filter(|_| stopped),
            };
            told(step, &report);
            reports.push(report);
            ended.insert(&step.id, end);
        }
    }
    let place = |id: &str| plan.steps.iter().position(|step| step.id == id);
    reports.sort_by_key(|report| place(&report.step));
    Ok(reports)
}

/// Whether what was approved is this plan. Whoever opens a journal asks before: what was not approved leaves no
/// trace.
pub fn check_approval(plan: &Plan, hash: &str) -> Result<(), Error> {
    match hash == plan.hash {
        true => Ok(()),
        false => Err(Error::new(
            ErrorKind::NotApproved,
            format!(
                "approved is `{}`, and the plan has the hash {}: read it again, then approve that",
                hash.escape_debug(),
                plan.hash
            ),
        )),
    }
}

/// The steps that are taken next, at the same time: of one phase, none waiting for another of them and no two
/// for one principal. While one denial is on its way the thief must not have time to take another away, so that
/// denials, keys and revocations are one blow: in its order for each principal, at once for all of them. What is
/// taken back goes one by one, because there the order says what belongs to what.
fn next_batch<'a>(waiting: &mut Vec<&'a Step>) -> Vec<&'a Step> {
    let Some(first) = waiting.first() else {
        return Vec::new();
    };
    let phase = first.phase;
    let one_by_one = matches!(
        phase,
        Phase::Clocks | Phase::Resources | Phase::Verify | Phase::Afterwards
    );
    let most = if one_by_one { 1 } else { AT_ONCE_MAX };
    let mut batch: Vec<&Step> = Vec::new();
    let mut touched: BTreeSet<String> = BTreeSet::new();
    let mut left: Vec<&Step> = Vec::new();
    for step in waiting.drain(..) {
        let open = is_one_blow(step.phase, phase) && batch.len() < most;
        // What comes later may stand on what is taken now, or on what was left for the next time.
        let stands = |on: &[&Step]| on.iter().any(|other| step.depends_on.contains(&other.id));
        match open && !stands(&batch) && !stands(&left) && touched.insert(touches(step)) {
            true => batch.push(step),
            false => left.push(step),
        }
    }
    *waiting = left;
    batch
}

/// Whether steps of two phases may be taken together.
fn is_one_blow(one: Phase, other: Phase) -> bool {
    let of_blow = |phase| matches!(phase, Phase::Deny | Phase::Keys | Phase::Revoke);
    one == other || (of_blow(one) && of_blow(other))
}

/// Keys that came to light at a step: at that which stands for them, or at the verification.
fn came_to_light(plan: &Plan, step: &Step, journal: &Journal) -> Vec<Found> {
    let verifies = step.phase == Phase::Verify;
    let sweeps = plan
        .steps
        .iter()
        .filter(|known| is_sweep(known) && (verifies || known.id == step.id));
    sweeps
        .flat_map(|sweep| {
            let swept = journal.swept(&sweep.id).into_iter();
            let here = swept.filter(move |swept| swept.late == verifies);
            here.map(|swept| Found {
                step: sweep.id.clone(),
                account: sweep.account.clone(),
                user: user_of(sweep).to_owned(),
                key: swept.key,
            })
        })
        .collect()
}

/// In which way a step was done instead of its own, and why.
fn otherwise(step: &Step, journal: &Journal) -> Option<String> {
    let made = journal.made(&step.id)?;
    let why = made.value["more"]["instead_because"].as_str()?;
    let call = made.call.as_ref()?;
    let named = ["policy_name", "policy_arn", "permissions_boundary"];
    let named = named
        .iter()
        .find_map(|name| call.params.get(*name)?.as_str());
    Some(format!(
        "{why}; {}:{} {} instead",
        call.service,
        call.action,
        named.unwrap_or_default()
    ))
}

/// What a step changes, as coarsely as AWS minds two changes at once.
fn touches(step: &Step) -> String {
    match principal(&step.account, &step.call()) {
        Some(owner) => owner.arn(""),
        None => format!("{}/{}", step.account, step.service),
    }
}

/// No step of the program may touch what is protected: neither in what it changes, nor in where it reads.
fn check_guards(plan: &Plan, guard: &Guard<'_>) -> Result<(), Error> {
    for step in plan.steps.iter().filter(|step| is_acting(step)) {
        let call = match step.phase {
            Phase::Evidence => Call::new(&step.service, &step.action, serde_json::Map::new()),
            _ => step.call(),
        };
        if let Some(guarded) = guard.refuses_step(step, &call) {
            return Err(Error::new(
                ErrorKind::Guarded,
                format!(
                    "step {} must not be taken: {}; nothing was done, make a new plan",
                    step.id, guarded.why
                ),
            ));
        }
    }
    Ok(())
}

/// Whoever runs the plan must be in the right account everywhere, and be none of those whom it changes. Out
/// come the ARNs by which it is carried out.
fn check_identities(plan: &Plan, aws: &mut dyn Aws) -> Result<Vec<String>, Error> {
    let mut by = Vec::new();
    let acting = plan.steps.iter().filter(|step| is_acting(step));
    // The services that stand once in a partition answer in its home region.
    let places: BTreeMap<&str, &str> = acting
        .map(|step| (step.account.as_str(), home_of(step)))
        .collect();
    for (account, region) in &places {
        let refused = |error: CallError| {
            let kind = match error.kind {
                CallErrorKind::Denied => ErrorKind::Refused,
                _ => ErrorKind::Identity,
            };
            let why = format!("cannot enter account {account}: {}", error.why());
            Error::new(kind, why)
        };
        let arn = aws.identity(&At { account, region }).map_err(refused)?;
        let own = named_by(&arn);
        let own_account = own.as_ref().map(|own| own.account().to_owned());
        if own_account.as_deref() != Some(*account) {
            return Err(Error::new(
                ErrorKind::Identity,
                format!("the credentials for account {account} are those of `{arn}`"),
            ));
        }
        spare(plan, &arn)?;
        by.push(arn);
    }
    let Some(region) = places.values().next() else {
        return Ok(by);
    };
    let behind = aws.behind(region).map_err(|error| {
        let why = format!("cannot tell whose credentials these are: {}", error.why());
        Error::new(ErrorKind::Identity, why)
    })?;
    behind.iter().try_for_each(|arn| spare(plan, arn))?;
    by.extend(behind);
    Ok(by)
}

/// No step may change whoever runs the plan.
fn spare(plan: &Plan, arn: &str) -> Result<(), Error> {
    let own = named_by(arn);
    let changed = plan
        .steps
        .iter()
        .filter(|step| is_acting(step) && step.phase != Phase::Evidence)
        .find(|step| principals(&step.account, &step.call()).any(|owner| Some(owner) == own));
    match changed {
        None => Ok(()),
        Some(step) => Err(Error::new(
            ErrorKind::Identity,
            format!(
                "step {} changes `{arn}`, by which the plan would be carried out",
                step.id
            ),
        )),
    }
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
    let last = journal.last_of(&step.id).map(|line| line.event);
    if last == Some(Event::Undone) {
        return skipped("it was taken back; a new plan takes it again".to_owned());
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
        let is_of = |phase: Phase| {
            let mut others = plan.steps.iter();
            others.any(|other| other.id == **id && other.phase == phase)
        };
        let patient = step.phase == Phase::Verify || is_of(Phase::Verify);
        let waived = approval.evidence == Evidence::Waived && is_of(Phase::Evidence);
        !done && !patient && !waived
    });
    if let Some(id) = missing {
        return skipped(format!("step {id} was not done, and this one stands on it"));
    }
    None
}

/// Whether a step failed because AWS refused it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Refusal {
    None,
    ByAws,
}

/// What carrying out takes.
struct Hands<'a> {
    plan: &'a Plan,
    aws: &'a mut dyn Aws,
    journal: &'a mut Journal,
    clock: &'a mut dyn Clock,
    guard: &'a Guard<'a>,
    confirmed: &'a BTreeSet<String>,
    looks_s: &'a [u64],
}

type End<'s> = (&'s Step, Ended, Refusal);

impl Hands<'_> {
    /// Takes the steps of one batch.
    fn take<'s>(&mut self, steps: &[&'s Step]) -> Result<Vec<End<'s>>, Error> {
        match steps.first() {
            None => Ok(Vec::new()),
            Some(first) if first.service == "keyline" => Ok(vec![self.verify(first)?]),
            Some(first) if first.phase == Phase::Evidence => self.snapshots(steps),
            Some(_) => self.act(steps),
        }
    }

    fn snapshots<'s>(&mut self, steps: &[&'s Step]) -> Result<Vec<End<'s>>, Error> {
        let asked: Vec<Asked<'_>> = steps
            .iter()
            .map(|step| Asked {
                place: place(step),
                ask: Ask::Snapshot(&step.params),
            })
            .collect();
        let answers = self.aws.together(&asked);
        let mut ends = Vec::new();
        for (step, answer) in steps.iter().zip(answers) {
            ends.push(match answer {
                Ok(state) => self.done(step, json!({"snapshot": state}))?,
                Err(error) => self.failed(step, &error)?,
            });
        }
        Ok(ends)
    }

    fn act<'s>(&mut self, steps: &[&'s Step]) -> Result<Vec<End<'s>>, Error> {
        let (sweeps, named): (Vec<&Step>, Vec<&Step>) =
            steps.iter().copied().partition(|step| is_sweep(step));
        let mut ends = self.act_as_named(&named)?;
        for step in sweeps {
            ends.push(self.sweep(step)?);
        }
        Ok(ends)
    }

    /// Switches off what a step stands for and could not name. One key that fails leaves no other on.
    fn sweep<'s>(&mut self, step: &'s Step) -> Result<End<'s>, Error> {
        let keys = match found(self.plan, step, self.aws) {
            Ok(keys) => keys,
            Err(error) => return self.failed(step, &error),
        };
        let mut failed = None;
        for key in keys {
            let call = switched(step, &key, "Inactive");
            if let Some(guarded) = self.guard.refuses_call(&step.account, &step.region, &call) {
                let why = format!("the key {key} is active: {}", guarded.why);
                self.write(Event::Failed, step, None, json!({"why": why}))?;
                return Ok((step, Ended::Failed(why), Refusal::None));
            }
            let before = json!({"before": {"status": "Active"}});
            self.write(Event::Begin, step, Some(&call), before)?;
            match self.aws.call(&place(step), &call) {
                Ok(answer) => self.write(Event::SwitchedOff, step, Some(&call), answer)?,
                // What is gone is off.
                Err(error) if error.kind == CallErrorKind::Missing => {
                    self.write(Event::SwitchedOff, step, Some(&call), Value::Null)?;
                }
                Err(error) => failed = Some(error),
            }
        }
        match failed {
            None => self.done(step, Value::Null),
            Some(error) => self.failed(step, &error),
        }
    }

    /// Reads the states, writes what is about to be done, does it.
    fn act_as_named<'s>(&mut self, steps: &[&'s Step]) -> Result<Vec<End<'s>>, Error> {
        let now = self.clock.now();
        let calls: Vec<Call> = steps
            .iter()
            .map(|step| filled(step, self.journal, now))
            .collect();
        let asked: Vec<Asked<'_>> = steps
            .iter()
            .zip(&calls)
            .map(|(step, call)| Asked {
                place: place(step),
                ask: Ask::State(call),
            })
            .collect();
        let states = self.aws.together(&asked);
        let mut ends = Vec::new();
        let mut begun: Vec<(&'s Step, &Call)> = Vec::new();
        let mut taken_names: Vec<(&'s Step, &Call)> = Vec::new();
        for ((step, call), state) in steps.iter().zip(&calls).zip(states) {
            // The call of an earlier attempt comes from the journal, which is a file too.
            let guarded = self.guard.refuses_step(step, call);
            if let Some(guarded) = guarded {
                let why = json!({"why": guarded.why});
                self.write(Event::Failed, step, None, why)?;
                ends.push((*step, Ended::Failed(guarded.why), Refusal::None));
                continue;
            }
            let before = match state {
                Ok(state) => state,
                Err(error) if error.kind == CallErrorKind::Missing => Value::Null,
                Err(error) => {
                    ends.push(self.failed(step, &error)?);
                    continue;
                }
            };
            if is_as_wanted(call, &before) {
                let why = json!({"state": before});
                self.write(Event::AlreadyDone, step, Some(call), why)?;
                ends.push((*step, Ended::AlreadyDone, Refusal::None));
            } else if let Some(why) = drifted(self.plan, step, call, &before)
                && !self.has_looked(step)
            {
                if step.kind == RESTORE {
                    let why = format!(
                        "it is not what the tree left there: look at it; --confirm {} puts the earlier state over it \
                         all the same",
                        step.id
                    );
                    ends.push((*step, Ended::Skipped(why), Refusal::None));
                    continue;
                }
                // Whoever can guess the name of a denial could keep it out by a policy of that name.
                if under_another_name(self.plan, step, call).is_some() {
                    taken_names.push((*step, call));
                    continue;
                }
                let more = json!({"why": why, "state": before});
                self.write(Event::Failed, step, None, more)?;
                ends.push((*step, Ended::Failed(why), Refusal::None));
            } else {
                self.write(Event::Begin, step, Some(call), json!({"before": before}))?;
                begun.push((*step, call));
            }
        }
        let asked: Vec<Asked<'_>> = begun
            .iter()
            .map(|(step, call)| Asked {
                place: place(step),
                ask: Ask::Call(call),
            })
            .collect();
        let answers = self.aws.together(&asked);
        for ((step, _), answer) in begun.into_iter().zip(answers) {
            ends.push(match answer {
                Ok(answer) => self.done(step, answer)?,
                Err(error) if error.kind == CallErrorKind::Full => {
                    self.other_ways(step, instead_of(step), error)?
                }
                Err(error) => self.failed(step, &error)?,
            });
        }
        for (step, call) in taken_names {
            let mut ways = Vec::from_iter(under_another_name(self.plan, step, call));
            ways.extend(instead_of(step));
            ends.push(self.other_ways(step, ways, name_is_taken())?);
        }
        Ok(ends)
    }

    /// Whether somebody has looked at what a step writes an older state over.
    fn has_looked(&self, step: &Step) -> bool {
        step.kind == RESTORE && self.confirmed.contains(&step.id)
    }

    /// A principal that has a policy of the denial's name which is not the plan's gets it under another one. One
    /// whose inline policies leave no room gets AWS's own policy of denial instead, and where it has no room for
    /// that either, the same as its boundary.
    fn other_ways<'s>(
        &mut self,
        step: &'s Step,
        ways: Vec<Call>,
        first: CallError,
    ) -> Result<End<'s>, Error> {
        let mut last = first;
        for call in ways {
            let before = match self.aws.state(&place(step), &call) {
                Ok(state) => state,
                Err(error) if error.kind == CallErrorKind::Missing => Value::Null,
                Err(error) => return self.failed(step, &error),
            };
            if drifted(self.plan, step, &call, &before).is_some() {
                last = name_is_taken();
                continue;
            }
            let more = json!({"instead_because": last.why(), "before": before});
            self.write(Event::Begin, step, Some(&call), more)?;
            match self.aws.call(&place(step), &call) {
                Ok(answer) => return self.done(step, answer),
                Err(error) => last = error,
            }
        }
        self.failed(step, &last)
    }

    fn verify<'s>(&mut self, step: &'s Step) -> Result<End<'s>, Error> {
        let wrong = settle(
            self.plan,
            self.aws,
            self.journal,
            self.clock,
            self.guard,
            self.looks_s,
        )?;
        let awake = awake(self.plan, self.aws, self.journal);
        if wrong.is_empty() && awake.is_empty() {
            return self.done(step, Value::Null);
        }
        let mut parts = Vec::new();
        if !wrong.is_empty() {
            parts.push(format!(
                "not as wanted after the last look: {}",
                wrong.join(", ")
            ));
        }
        parts.extend(awake.iter().map(|key| key.why()));
        let why = parts.join("; ");
        self.write(Event::Failed, step, None, json!({"why": why}))?;
        Ok((step, Ended::Failed(why), Refusal::None))
    }

    fn done<'s>(&mut self, step: &'s Step, answer: Value) -> Result<End<'s>, Error> {
        self.write(Event::Done, step, None, answer)?;
        Ok((step, Ended::Done, Refusal::None))
    }

    fn failed<'s>(&mut self, step: &'s Step, error: &CallError) -> Result<End<'s>, Error> {
        let why = error.why();
        self.write(Event::Failed, step, None, json!({"why": why}))?;
        let refusal = match error.kind {
            CallErrorKind::Denied => Refusal::ByAws,
            _ => Refusal::None,
        };
        Ok((step, Ended::Failed(why), refusal))
    }

    fn write(
        &mut self,
        event: Event,
        step: &Step,
        call: Option<&Call>,
        more: Value,
    ) -> Result<(), Error> {
        let now = self.clock.now();
        self.journal.write(now, event, &step.id, call, more)
    }
}

/// Whether nothing is to be done: the state is the wanted one, or what was to be switched off is gone. What was
/// changed a moment ago may still count as provisioned, so that this is done whatever the state says.
fn is_as_wanted(call: &Call, state: &Value) -> bool {
    if call.action == PROVISION {
        return false;
    }
    let switched_off = call
        .params
        .get("status")
        .is_some_and(|status| status == "Inactive");
    wanted(call).is_some_and(|wanted| wanted == *state) || (switched_off && state.is_null())
}

fn name_is_taken() -> CallError {
    CallError {
        kind: CallErrorKind::Other,
        code: "NameTaken".to_owned(),
        message: "a policy of this name stands there that is not the plan's".to_owned(),
    }
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
    filled_in(step, now)
}

/// The step's call with an instant a little ahead, so that it also meets sessions that are made until it is in
/// force.
pub(crate) fn filled_in(step: &Step, now: i64) -> Call {
    // Whole seconds: that is how AWS compares.
    let ahead = now.div_euclid(1_000_000) + CUT_OFF_AHEAD_S;
    let instant = format_time(ahead * 1_000_000);
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
fn drifted(plan: &Plan, step: &Step, call: &Call, before: &Value) -> Option<String> {
    let undo = step.undo.as_ref();
    let undo_param = |name: &str| undo.and_then(|undo| undo.params.get(name));
    let drift = match call.action.as_str() {
        // What is put back is put over what the tree left, and over nothing else.
        _ if step.kind == RESTORE => undo.and_then(wanted).is_some_and(|left| left != *before),
        // A policy of ours is not there yet, or an earlier stamp of it is.
        "PutUserPolicy" | "PutRolePolicy" => {
            let ours = wanted(call).map(|wanted| without_instants(&wanted));
            !before.is_null() && Some(without_instants(before)) != ours
        }
        // What was switched off a day ago and works again is somebody's.
        "DeleteAccessKey" => before["status"] == "Active",
        // So is a password that was made since.
        "DeleteLoginProfile" => {
            let made = before["made"].as_str().map(str::as_bytes);
            made.and_then(parse_time)
                .is_some_and(|made| made > plan.as_of)
        }
        "UpdateAssumeRolePolicy" => undo_param("policy_document")
            .is_some_and(|known| before["policy_document"] != document(known)),
        "PutInlinePolicyToPermissionSet" => {
            let ours = wanted(call).map(|wanted| without_instants(&wanted));
            let known = undo_param("inline_policy")
                .map(document)
                .unwrap_or(Value::Null);
            // By its name it was asked whether the set may be touched.
            let another = before
                .get("permission_set_name")
                .is_some_and(|name| Some(name) != call.params.get("permission_set_name"));
            another
                || before.get("inline_policy").unwrap_or(&Value::Null) != &known
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

/// Where whoever takes a step is asked who that is.
pub(crate) fn home_of(step: &Step) -> &'static str {
    keyline_trail::partition::Partition::of_region(&step.region).home_region()
}

fn place(step: &Step) -> At<'_> {
    At {
        account: &step.account,
        region: &step.region,
    }
}
