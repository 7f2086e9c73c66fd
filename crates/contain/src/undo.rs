//! When a step may be taken back.
//!
//! In: a plan, what of it was done and when, and an instant. Out: the call that undoes a step, or why not.
//! The rule that matters: a denial holds down tokens that nobody can see. Lift it before they have expired
//! and they wake up, those too that were made while it stood, because asking for a session token needs no
//! permission.

use keyline_trail::time::format_time;
use serde_json::{Value, json};

use crate::aws::{At, Aws, CallError, CallErrorKind, wanted, without_instants};
use crate::error::Error;
use crate::journal::{Event, Journal};
use crate::limits::{ROLE_SESSION_S_MAX, USER_SESSION_S_MAX};
use crate::plan::{Call, Phase, Plan, Step};
use crate::run::Clock;

/// A step that was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    pub step: String,
    /// When the call returned, in microseconds since 1970.
    pub at: i64,
}

/// Why a step is not undone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UndoRefused {
    NoSuchStep,
    /// It was never done.
    NotDone,
    /// Nothing undoes it.
    NotReversible,
    /// It was as wanted before the plan came, so that there is nothing to take back.
    NotOurs,
    /// Somebody changed since what the step had changed.
    Changed,
    /// Tokens that it holds down may live until then.
    Zombies {
        until: i64,
    },
}

impl UndoRefused {
    /// The reason for people.
    pub fn why(&self) -> String {
        match self {
            UndoRefused::NoSuchStep => "the plan has no such step".to_owned(),
            UndoRefused::NotDone => "the step was not done".to_owned(),
            UndoRefused::NotReversible => "nothing undoes this step".to_owned(),
            UndoRefused::NotOurs => {
                "it was so before the plan was carried out, and stays so".to_owned()
            }
            UndoRefused::Changed => {
                "somebody changed it since: look at it, and take it back by hand".to_owned()
            }
            UndoRefused::Zombies { until } => format!(
                "tokens that it holds down may live until {}; lifted earlier, they would work again",
                format_time(*until)
            ),
        }
    }
}

/// The call that undoes a step at an instant; `role_session_s` is the longest session of a role where it
/// is known, by account and name.
pub fn undo_of<'a>(
    plan: &'a Plan,
    step_id: &str,
    done: &[Done],
    now: i64,
    role_session_s: impl Fn(&str, &str) -> Option<i64>,
) -> Result<&'a Call, UndoRefused> {
    let step = plan
        .steps
        .iter()
        .find(|step| step.id == step_id)
        .ok_or(UndoRefused::NoSuchStep)?;
    if !done.iter().any(|known| known.step == step_id) {
        return Err(UndoRefused::NotDone);
    }
    let undo = step.undo.as_ref().ok_or(UndoRefused::NotReversible)?;
    let Some(longest_s) = holds_down_s(step, role_session_s) else {
        return Ok(undo);
    };
    // What was done last to the same principal counts: until its keys were off and the second stamp was set
    // it could still make tokens.
    let last = done
        .iter()
        .filter(|known| {
            let other = plan.steps.iter().find(|step| step.id == known.step);
            other.is_some_and(|other| same_principal(step, other))
        })
        .map(|known| known.at)
        .max()
        .unwrap_or(now);
    let until = last.saturating_add(longest_s * 1_000_000);
    match now < until {
        true => Err(UndoRefused::Zombies { until }),
        false => Ok(undo),
    }
}

/// How long the tokens can live that a step holds down; `None` for steps that hold down none.
fn holds_down_s(step: &Step, role_session_s: impl Fn(&str, &str) -> Option<i64>) -> Option<i64> {
    let denies = matches!(
        step.phase,
        Phase::OrganisationPolicy | Phase::Deny | Phase::Revoke | Phase::SecondStamp
    );
    if !denies {
        return None;
    }
    match step.params.get("role_name").and_then(|name| name.as_str()) {
        Some(role) => {
            let known = role_session_s(&step.account, role);
            Some(known.unwrap_or(ROLE_SESSION_S_MAX))
        }
        None if step.service == "sso-admin" => Some(ROLE_SESSION_S_MAX),
        None => Some(USER_SESSION_S_MAX),
    }
}

/// Whether two steps change the same user or role; a policy of the organisation is for all of its account.
fn same_principal(step: &Step, other: &Step) -> bool {
    let text = |step: &'_ Step, name: &str| {
        let value = step.params.get(name).and_then(|value| value.as_str());
        value.map(str::to_owned)
    };
    if step.id == other.id {
        return true;
    }
    if let Some(member) = text(step, "target_id") {
        return other.account == member;
    }
    let same = |name: &str| text(step, name).is_some() && text(step, name) == text(other, name);
    step.account == other.account && (same("user_name") || same("role_name"))
}

/// Undoes a step that was done, if it may be undone now. How long a role's sessions last is taken from the
/// snapshot that was filed before the role was changed.
pub fn undo(
    plan: &Plan,
    step_id: &str,
    aws: &mut dyn Aws,
    journal: &mut Journal,
    clock: &mut dyn Clock,
) -> Result<Undoing, Error> {
    let done = journal.done();
    let longest_s = |account: &str, role: &str| journal.role_session_s(plan, account, role);
    let call = match undo_of(plan, step_id, &done, clock.now(), longest_s) {
        Ok(call) => call.clone(),
        Err(refused) => return Ok(Undoing::Refused(refused)),
    };
    let step = plan.steps.iter().find(|step| step.id == step_id);
    let Some(step) = step else {
        return Ok(Undoing::Refused(UndoRefused::NoSuchStep));
    };
    let Some(made) = journal.made(step_id) else {
        return Ok(Undoing::Refused(UndoRefused::NotOurs));
    };
    let before = journal.before(step_id);
    let call = match made.call.as_ref().filter(|made| made.action != step.action) {
        Some(instead) => back_from(instead, &made.value["more"]["before"]).unwrap_or(call),
        None => call,
    };
    if was_already(&call, before) {
        return Ok(Undoing::Refused(UndoRefused::NotOurs));
    }
    let place = At {
        account: &step.account,
        region: &step.region,
    };
    if let Some(made) = &made.call
        && let Some(ours) = wanted(made)
        && let Ok(state) = aws.state(&place, made)
        && without_instants(&state) != without_instants(&ours)
    {
        return Ok(Undoing::Refused(UndoRefused::Changed));
    }
    journal.write(
        clock.now(),
        Event::UndoBegin,
        step_id,
        Some(&call),
        Value::Null,
    )?;
    match aws.call(&place, &call) {
        Ok(answer) => {
            journal.write(clock.now(), Event::Undone, step_id, None, answer)?;
            Ok(Undoing::Undone)
        }
        // What is gone already needs no undoing.
        Err(error) if error.kind == CallErrorKind::Missing => {
            journal.write(clock.now(), Event::Undone, step_id, None, Value::Null)?;
            Ok(Undoing::Undone)
        }
        Err(error) => {
            let why = json!({"why": error.why()});
            journal.write(clock.now(), Event::UndoFailed, step_id, None, why)?;
            Ok(Undoing::Failed(error))
        }
    }
}

/// What takes back a call that was made instead of a step's own, because there was no room for that.
fn back_from(made: &Call, before: &Value) -> Option<Call> {
    let mut params = made.params.clone();
    let action = match made.action.as_str() {
        "AttachUserPolicy" => "DetachUserPolicy",
        "AttachRolePolicy" => "DetachRolePolicy",
        bound @ ("PutUserPermissionsBoundary" | "PutRolePermissionsBoundary") => {
            let earlier = before
                .get("permissions_boundary")
                .filter(|arn| arn.is_string());
            match (earlier, bound) {
                (Some(earlier), bound) => {
                    params.insert("permissions_boundary".to_owned(), earlier.clone());
                    bound
                }
                (None, bound) => {
                    params.remove("permissions_boundary");
                    match bound {
                        "PutUserPermissionsBoundary" => "DeleteUserPermissionsBoundary",
                        _ => "DeleteRolePermissionsBoundary",
                    }
                }
            }
        }
        _ => return None,
    };
    Some(Call::new("iam", action, params))
}

/// Whether the undoing would give more than there was: a key that was off stays off.
fn was_already(undo: &Call, before: Option<&Value>) -> bool {
    let gives = undo.params.get("status").and_then(|status| status.as_str());
    let was = before.and_then(|before| before["status"].as_str());
    matches!((gives, was), (Some(gives), Some(was)) if gives != was)
}

/// How an undoing ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Undoing {
    Undone,
    Refused(UndoRefused),
    Failed(CallError),
}
