//! Deny by a service control policy.
//!
//! # What it does
//!
//! Makes a policy in the management account that denies everything to the tree's users, to sessions of its
//! roles issued before the step, and to its roots, and attaches it to the member account. Privileged tasks that
//! the organisation takes in a root's name are spared, unless the tree began some: then those from before are
//! denied.
//!
//! # What it stops
//!
//! Whatever those principals do, within a minute; and it is the one denial that they cannot take away,
//! whatever rights they have.
//!
//! # What it breaks
//!
//! Every living session of the roles, and all that the users do.
//!
//! # What it leaves alive
//!
//! Sessions of roles issued after the step; the management account and service-linked roles, which no such
//! policy binds.
//!
//! # How it is undone
//!
//! Detach the policy, then delete it; not before all older tokens have expired.
//!
//! # AWS calls and permissions
//!
//! `organizations:CreatePolicy`, `AttachPolicy`, `ListPolicies`, in the management account. The policy is
//! looked up by name first, so that a second run makes no second one.

use serde_json::json;

use crate::action::{Action, Draft, Execution, Place, Responder, params};
use crate::control::Measure;
use crate::plan::{Call, Phase};
/// This action as data.
pub const ACTION: Action = Action {
    name: "deny-by-organisation",
    service: "organizations",
    operation: "AttachPolicy",
    requires: &[
        "organizations:ListPolicies",
        "organizations:CreatePolicy",
        "organizations:AttachPolicy",
    ],
    phase: Phase::OrganisationPolicy,
    responder: Responder::Organisation,
    execution: Execution::Program,
    applies_to: "users, roles and roots of member accounts",
    precheck: "policies of this type are enabled; fewer than five are attached to the account",
    verify: "the policy is attached to the account and has this content",
    undo: "detach and delete the policy",
};

/// One policy for one member account.
pub fn step(
    place: &Place<'_>,
    name: &str,
    document: String,
    member_account: &str,
    measures: Vec<Measure>,
) -> Draft {
    let target = json!(member_account);
    let mut draft = ACTION.draft(
        place,
        params([
            ("name", json!(name)),
            ("type", json!("SERVICE_CONTROL_POLICY")),
            ("description", json!("containment")),
            ("content", json!(document)),
            ("target_id", target.clone()),
        ]),
        "whoever has administrator's rights can take every other denial away again, this one not",
    );
    draft.measures = measures;
    draft.undo = Some(Call::new(
        "organizations",
        "DetachPolicy",
        params([("name", json!(name)), ("target_id", target)]),
    ));
    draft
}
