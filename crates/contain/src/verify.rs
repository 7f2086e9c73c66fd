//! Whether what was done is still there, and whether anybody of the tree still gets through.
//!
//! In: a plan, its journal and AWS, or a forest of later events. Out: steps that are not as wanted, and
//! credentials that succeeded after the cut. For some seconds after a change the old state is in force, and
//! whoever uses them can take a control away again: so one looks several times and lays it on again. That
//! nobody succeeds proves nothing; keys that do not work leave no trace.

use std::collections::BTreeSet;

use keyline_lineage::limits::PROPAGATION_S;
use keyline_lineage::{CredentialId, Forest};
use keyline_trail::time::format_time;
use serde_json::{Value, json};

use crate::aws::{Ask, Asked, At, Aws, CallErrorKind, wanted};
use crate::error::Error;
use crate::journal::{Event, Journal};
use crate::limits::{AT_ONCE_MAX, RACE_QUIET_S, RACE_S_MAX};
use crate::plan::{Call, Phase, Plan, Step};
use crate::run::{Clock, filled_in};

/// When one looks, in seconds after the last step: within the seconds in which an old state may still be in
/// force, after them, and when nothing of it can be left.
pub const LOOKS_S: [u64; 3] = [5, 15, 60];

/// Looks at every control that was laid on, as often as said, and lays on again what is gone. Out come the
/// steps that were not as wanted at the last look.
pub fn settle(
    plan: &Plan,
    aws: &mut dyn Aws,
    journal: &mut Journal,
    clock: &mut dyn Clock,
    looks_s: &[u64],
) -> Result<Vec<String>, Error> {
    let mut waited_s = 0;
    let mut wrong = Vec::new();
    for look_s in looks_s {
        clock.wait_s(look_s.saturating_sub(waited_s));
        waited_s = *look_s;
        wrong = look(plan, aws, journal);
        if !wrong.is_empty() {
            wrong = race(plan, wrong, aws, journal, clock)?;
        }
        // A race that is lost is not won by waiting.
        if !wrong.is_empty() {
            break;
        }
    }
    Ok(wrong)
}

/// Somebody takes away what is laid on, and can do so until it is in force, some seconds later. Each time that
/// it is laid on again there is a chance that it is in force before they come back; once they are denied, they
/// do not come back. So it goes on until nothing was gone for longer than that takes, or for so long that
/// somebody has power which the plan does not take away.
fn race(
    plan: &Plan,
    mut wrong: Vec<String>,
    aws: &mut dyn Aws,
    journal: &mut Journal,
    clock: &mut dyn Clock,
) -> Result<Vec<String>, Error> {
    let mut quiet_s = 0;
    for _ in 0..RACE_S_MAX {
        if wrong.is_empty() {
            quiet_s += 1;
        } else {
            quiet_s = 0;
            lay_on_again(plan, &wrong, aws, journal, clock)?;
        }
        if quiet_s > RACE_QUIET_S {
            break;
        }
        clock.wait_s(1);
        wrong = look(plan, aws, journal);
    }
    Ok(wrong)
}

/// Steps that were done and are not as wanted now. Only reads.
pub fn look(plan: &Plan, aws: &mut dyn Aws, journal: &Journal) -> Vec<String> {
    let done = plan.steps.iter().filter_map(|step| {
        let call = in_force(plan, step, journal)?;
        Some((step, call, wanted(call)?))
    });
    let done: Vec<(&Step, &Call, Value)> = done.collect();
    let mut wrong = Vec::new();
    for some in done.chunks(AT_ONCE_MAX) {
        let asked: Vec<Asked<'_>> = some
            .iter()
            .map(|(step, call, _)| Asked {
                place: at(step),
                ask: Ask::State(call),
            })
            .collect();
        for ((step, call, wanted), state) in some.iter().zip(aws.together(&asked)) {
            let is_there = match state {
                Ok(state) => state == *wanted,
                // A key that is gone needs no switching off.
                Err(error) if error.kind == CallErrorKind::Missing => {
                    *wanted == Value::Null || call.params.contains_key("status")
                }
                // What cannot be read is not known to be there.
                Err(_) => false,
            };
            if !is_there {
                wrong.push(step.id.clone());
            }
        }
    }
    wrong
}

/// A credential of the tree that succeeded after the cut.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alarm {
    pub credential: CredentialId,
    pub succeeded_at: i64,
    pub why: String,
}

/// Who of the tree, or of what came from it since, was successful after the cut, by events that were read
/// later. The cut is the last control that was laid on, and the time that it takes to be in force everywhere.
pub fn alarms(plan: &Plan, journal: &Journal, later: &Forest) -> Vec<Alarm> {
    let controls = plan.steps.iter().filter(|step| !step.stops.is_empty());
    let ids: BTreeSet<&String> = controls.map(|step| &step.id).collect();
    let done = journal.done();
    let laid_on = done.iter().filter(|done| ids.contains(&done.step));
    let Some(cut) = laid_on.map(|done| done.at).max() else {
        return Vec::new();
    };
    let in_force = cut.saturating_add(PROPAGATION_S * 1_000_000);
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for id in &plan.credentials {
        let Some(node) = later.by_id(id) else {
            continue;
        };
        for node in std::iter::once(node).chain(later.descendants(node)) {
            let credential = later.credential(node);
            let Some(succeeded_at) = credential.last_success.filter(|at| *at > in_force) else {
                continue;
            };
            if seen.insert(credential.id.clone()) {
                found.push(Alarm {
                    why: format!(
                        "it succeeded at {}, and the last control was laid on at {}; asking who it is always \
                         succeeds, anything else is an alarm",
                        format_time(succeeded_at),
                        format_time(cut)
                    ),
                    credential: credential.id,
                    succeeded_at,
                });
            }
        }
    }
    found.sort_by(|a, b| (a.succeeded_at, &a.credential).cmp(&(b.succeeded_at, &b.credential)));
    found
}

/// The call of a step that should be in force: the second stamp takes the place of the first.
fn in_force<'a>(plan: &Plan, step: &Step, journal: &'a Journal) -> Option<&'a Call> {
    if !journal.is_done(&step.id) || step.phase == Phase::Evidence {
        return None;
    }
    let stamped_again = plan.steps.iter().any(|other| {
        other.phase == Phase::SecondStamp
            && step.phase != Phase::SecondStamp
            && other.account == step.account
            && other.params == step.params
            && journal.is_done(&other.id)
    });
    match stamped_again {
        true => None,
        false => journal.call_of(&step.id),
    }
}

fn lay_on_again(
    plan: &Plan,
    wrong: &[String],
    aws: &mut dyn Aws,
    journal: &mut Journal,
    clock: &mut dyn Clock,
) -> Result<(), Error> {
    let steps = plan.steps.iter().filter(|step| wrong.contains(&step.id));
    // Sessions that were made since the first time are older than the new instant.
    let instant = clock.now();
    let again = steps.filter_map(|step| {
        let made = journal.call_of(&step.id)?;
        Some((
            step,
            match made.action == step.action {
                true => filled_in(step, instant),
                false => made.clone(),
            },
        ))
    });
    let again: Vec<(&Step, Call)> = again.collect();
    for some in again.chunks(AT_ONCE_MAX) {
        for (step, call) in some {
            let now = clock.now();
            journal.write(now, Event::Reapplied, &step.id, Some(call), Value::Null)?;
        }
        let asked: Vec<Asked<'_>> = some
            .iter()
            .map(|(step, call)| Asked {
                place: at(step),
                ask: Ask::Call(call),
            })
            .collect();
        for ((step, _), answer) in some.iter().zip(aws.together(&asked)) {
            if let Err(error) = answer {
                let why = json!({"why": error.why()});
                journal.write(clock.now(), Event::ReapplyFailed, &step.id, None, why)?;
            }
        }
    }
    Ok(())
}

fn at(step: &Step) -> At<'_> {
    At {
        account: &step.account,
        region: &step.region,
    }
}
