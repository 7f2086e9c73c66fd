//! Keys that no plan can name: every other active key of a denied user.
//!
//! In: the step that says so, AWS and the journal. Out: keys that are active and have no step of their own,
//! each with the call that switches it off. They are looked for when the step is taken and at every look
//! after that, because a key that is made meanwhile is the thief's next one.

use serde_json::{Value, json};

use crate::action::{deactivate_access_key, deactivate_other_keys, params};
use crate::aws::{At, Aws, CallError};
use crate::plan::{Call, Plan, Step};
use crate::verify::keys_of;

/// Whether a step is about every other key of a user.
pub(crate) fn is_sweep(step: &Step) -> bool {
    step.kind == deactivate_other_keys::ACTION.name
}

/// The user whose keys they are.
pub(crate) fn user_of(step: &Step) -> &str {
    let user = step.params.get("user_name").and_then(Value::as_str);
    user.unwrap_or_default()
}

/// Keys of the user that are active now and that no other step switches off.
pub(crate) fn found(plan: &Plan, step: &Step, aws: &mut dyn Aws) -> Result<Vec<String>, CallError> {
    let place = At {
        account: &step.account,
        region: &step.region,
    };
    let listed = keys_of(aws, &place, user_of(step))?;
    Ok(unnamed(plan, step, listed))
}

/// Of listed keys, with their status, those that are active and have no step of their own.
pub(crate) fn unnamed(plan: &Plan, step: &Step, listed: Vec<(String, String)>) -> Vec<String> {
    let has_own = |key: &String| {
        plan.steps.iter().any(|other| {
            other.kind == deactivate_access_key::ACTION.name
                && !other.by_hand
                && other.account == step.account
                && other.params.get("access_key_id").and_then(Value::as_str) == Some(key)
        })
    };
    let active = listed.into_iter().filter(|(_, status)| status == "Active");
    active
        .map(|(key, _)| key)
        .filter(|key| !has_own(key))
        .collect()
}

/// The call that gives one of the keys a status.
pub(crate) fn switched(step: &Step, key: &str, status: &str) -> Call {
    Call::new(
        &step.service,
        &step.action,
        params([
            ("user_name", json!(user_of(step))),
            ("access_key_id", json!(key)),
            ("status", json!(status)),
        ]),
    )
}
