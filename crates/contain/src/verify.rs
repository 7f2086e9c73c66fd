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

use crate::aws::{At, Aws, CallErrorKind, wanted};
use crate::error::Error;
use crate::journal::{Event, Journal};
use crate::plan::{Call, Phase, Plan, Step};
use crate::run::Clock;

/// When one looks, in seconds after the last step.
pub const LOOKS_S: [u64; 3] = [5, 15, 60];

/// Looks at every control that was laid on, three times, and lays on again what is gone. Out come the steps
/// that were not as wanted at the last look.
pub fn settle(
    plan: &Plan,
    aws: &mut dyn Aws,
    journal: &mut Journal,
    clock: &mut dyn Clock,
) -> Result<Vec<String>, Error> {
    let mut waited_s = 0;
    let mut wrong = Vec::new();
    for look_s in LOOKS_S {
        clock.wait_s(look_s - waited_s);
        waited_s = look_s;
        wrong = look(plan, aws, journal);
        for step in plan.steps.iter().filter(|step| wrong.contains(&step.id)) {
            lay_on_again(step, aws, journal, clock)?;
        }
    }
    Ok(wrong)
}

/// Steps that were done and are not as wanted now. Only reads.
pub fn look(plan: &Plan, aws: &mut dyn Aws, journal: &Journal) -> Vec<String> {
    let mut wrong = Vec::new();
    for step in &plan.steps {
        let Some(call) = in_force(plan, step, journal) else {
            continue;
        };
        let Some(wanted) = wanted(call) else {
            continue;
        };
        let state = match aws.state(&at(step), call) {
            Ok(state) => state,
            Err(error) if error.kind == CallErrorKind::Missing => Value::Null,
            // What cannot be read is not known to be there.
            Err(_) => {
                wrong.push(step.id.clone());
                continue;
            }
        };
        if state != wanted {
            wrong.push(step.id.clone());
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
    step: &Step,
    aws: &mut dyn Aws,
    journal: &mut Journal,
    clock: &mut dyn Clock,
) -> Result<(), Error> {
    let Some(call) = journal.call_of(&step.id).cloned() else {
        return Ok(());
    };
    let answer = aws.call(&at(step), &call);
    let more = match answer {
        Ok(_) => Value::Null,
        Err(error) => json!({"why": error.why()}),
    };
    journal.write(clock.now(), Event::Reapplied, &step.id, Some(&call), more)
}

fn at(step: &Step) -> At<'_> {
    At {
        account: &step.account,
        region: &step.region,
    }
}
