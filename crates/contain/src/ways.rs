//! The calls by which a step may be taken: its own, and others where that has no room or its name is taken.
//!
//! In: a plan and a step of it. Out: calls. A journal is a file beside the plan, and what stands in it is done
//! again when a run goes on: whatever is none of these calls is no call of the plan, whoever wrote it there.

use serde_json::{Map, Value, json};

use crate::aws::{document, without_instants};
use crate::error::{Error, ErrorKind};
use crate::journal::{Event, Journal};
use crate::plan::{Call, Plan, Step};
use crate::resources::RESTORE;
use crate::sweep::{is_sweep, switched};

/// Refuses a journal in which a step makes another call than it may.
pub(crate) fn check_journal(plan: &Plan, journal: &Journal) -> Result<(), Error> {
    for (number, line) in journal.lines().iter().enumerate() {
        let step = plan.steps.iter().find(|step| step.id == line.step);
        // What was taken back is never taken from a journal.
        let repeated = matches!(
            line.event,
            Event::Begin | Event::AlreadyDone | Event::Reapplied | Event::SwitchedOff
        );
        let is_of_plan = match (step, line.call.as_ref().filter(|_| repeated)) {
            (None, _) => false,
            (Some(_), None) => true,
            (Some(step), Some(call)) => may_make(plan, step, call),
        };
        if !is_of_plan {
            return Err(Error::new(
                ErrorKind::Journal,
                format!(
                    "the journal cannot be used: line {} is about no call of the plan",
                    number + 1
                ),
            ));
        }
    }
    Ok(())
}

/// Whether a step may be taken by a call, whatever instant stands in that.
fn may_make(plan: &Plan, step: &Step, call: &Call) -> bool {
    if is_sweep(step) {
        let key = call.params.get("access_key_id").and_then(Value::as_str);
        return key.is_some_and(|key| is_same(&switched(step, key, "Inactive"), call));
    }
    let own = step.call();
    let other = under_another_name(plan, step, &own);
    let mut ways = std::iter::once(own).chain(other).chain(instead_of(step));
    ways.any(|way| is_same(&way, call))
}

fn is_same(one: &Call, other: &Call) -> bool {
    let said = |params: &Map<String, Value>| -> Map<String, Value> {
        let members = params.iter();
        members
            .map(|(name, value)| (name.clone(), without_instants(&document(value))))
            .collect()
    };
    one.service == other.service
        && one.action == other.action
        && said(&one.params) == said(&other.params)
}

/// The same denial under a name that nobody could know before the plan was made: it ends with the plan's hash.
pub(crate) fn under_another_name(plan: &Plan, step: &Step, call: &Call) -> Option<Call> {
    let denies = matches!(call.action.as_str(), "PutUserPolicy" | "PutRolePolicy");
    if !denies || step.kind == RESTORE {
        return None;
    }
    let name = step.params.get("policy_name")?.as_str()?;
    let mut other = call.clone();
    let name = json!(format!("{name}-{}", plan.plan_id()));
    other.params.insert("policy_name".to_owned(), name);
    Some(other)
}

/// Other calls that deny everything to the principal of a step, where it has no room for the step's own.
pub(crate) fn instead_of(step: &Step) -> Vec<Call> {
    let names = match step.kind.as_str() {
        "deny-all-on-user" => [
            "user_name",
            "AttachUserPolicy",
            "PutUserPermissionsBoundary",
        ],
        "deny-all-on-role" => [
            "role_name",
            "AttachRolePolicy",
            "PutRolePermissionsBoundary",
        ],
        _ => return Vec::new(),
    };
    let [principal, attach, bound] = names;
    let Some(name) = step.params.get(principal) else {
        return Vec::new();
    };
    let partition = keyline_trail::partition::Partition::of_region(&step.region).name();
    let policy = json!(format!("arn:{partition}:iam::aws:policy/AWSDenyAll"));
    let with =
        |param: &str| crate::action::params([(principal, name.clone()), (param, policy.clone())]);
    vec![
        Call::new("iam", attach, with("policy_arn")),
        Call::new("iam", bound, with("permissions_boundary")),
    ]
}
