//! Shut a principal out of a role.
//!
//! # What it does
//!
//! Adds a statement to the role's trust policy that denies the abusing principal to assume the role. What
//! stood in it stays. Where the thief opened the role to everybody, what lets everybody in is taken out, whatever
//! conditions it has; who is let in by name stays.
//!
//! # What it stops
//!
//! New sessions of the role by that principal.
//!
//! # What it breaks
//!
//! Whatever that principal legitimately did with the role.
//!
//! # What it leaves alive
//!
//! Sessions that exist: they are revoked by other steps.
//!
//! # How it is undone
//!
//! Put the earlier trust policy back.
//!
//! # AWS calls and permissions
//!
//! `iam:UpdateAssumeRolePolicy`; `iam:GetRole` to check that the policy is the one that the plan knows.

use serde_json::json;

use crate::action::{Action, Draft, Execution, Place, Responder, params};
use serde_json::Value;

use crate::control::{Control, Measure, Only};
use crate::plan::{Call, Phase};
use crate::policy;
/// This action as data.
pub const ACTION: Action = Action {
    name: "close-trust",
    service: "iam",
    operation: "UpdateAssumeRolePolicy",
    requires: &["iam:GetRole", "iam:UpdateAssumeRolePolicy"],
    phase: Phase::Entry,
    responder: Responder::ContainIam,
    execution: Execution::Program,
    applies_to: "roles that somebody outside the accounts assumed: another account, an identity provider",
    precheck: "the trust policy is the one that the plan knows",
    verify: "the trust policy is read back as written",
    undo: "put the earlier trust policy back",
};

/// Who is shut out, and from what.
#[derive(Clone, Debug)]
pub struct Shut {
    pub principal: Value,
    /// As in `sts:AssumeRole`.
    pub action: &'static str,
    pub condition: Option<Value>,
}

/// One principal, one role; `existing` is the trust policy as it was read.
pub fn step(place: &Place<'_>, role: &str, existing: &Value, shut: Shut, why: String) -> Draft {
    let closed = policy::shut_out(existing, shut.principal, shut.action, shut.condition);
    written(place, role, existing, closed, why)
}

/// A trust policy that takes the place of the existing one.
pub fn written(
    place: &Place<'_>,
    role: &str,
    existing: &Value,
    closed: String,
    why: String,
) -> Draft {
    let with = |document: String| {
        params([
            ("role_name", json!(role)),
            ("policy_document", json!(document)),
        ])
    };
    let mut draft = ACTION.draft(place, with(closed), why);
    draft.measures = vec![Measure {
        control: Control::TrustChanged,
        on: place.on.clone(),
        only: Only::All,
    }];
    draft.undo = Some(Call::new(
        "iam",
        "UpdateAssumeRolePolicy",
        with(existing.to_string()),
    ));
    draft
}

/// The same, where the trust policy is not known: a person looks at it.
pub fn by_hand(place: &Place<'_>, role: &str, why: String) -> Draft {
    let mut draft = ACTION.draft(place, params([("role_name", json!(role))]), why);
    draft.operation = "GetRole".to_owned();
    draft.by_hand = true;
    draft
}
