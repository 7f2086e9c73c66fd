//! Write down everything about a role before it is changed.
//!
//! # What it does
//!
//! Reads the role with its trust policy, its inline and attached policies and its instance profiles, and
//! files what was read with its hash.
//!
//! # What it stops
//!
//! Nothing.
//!
//! # What it breaks
//!
//! Nothing.
//!
//! # What it leaves alive
//!
//! Everything.
//!
//! # How it is undone
//!
//! There is nothing to undo.
//!
//! # AWS calls and permissions
//!
//! `iam:GetRole` and the lists of what belongs to a role; reading only.

use serde_json::json;

use crate::action::{Action, Draft, Execution, Place, Responder, params};
use crate::plan::Phase;
/// This action as data.
pub const ACTION: Action = Action {
    name: "snapshot-role",
    service: "iam",
    operation: "GetRole",
    requires: &[
        "iam:GetRole",
        "iam:GetRolePolicy",
        "iam:ListRolePolicies",
        "iam:ListAttachedRolePolicies",
        "iam:ListInstanceProfilesForRole",
        "iam:ListRoleTags",
    ],
    phase: Phase::Evidence,
    responder: Responder::Collect,
    execution: Execution::Program,
    applies_to: "roles of the tree",
    precheck: "the role exists",
    verify: "the snapshot is filed and its hash is in the journal",
    undo: "nothing to undo",
};

/// The snapshot of one role.
pub fn step(place: &Place<'_>, role: &str) -> Draft {
    ACTION.draft(
        place,
        params([("role_name", json!(role))]),
        "what is there now is needed to undo anything, and as evidence",
    )
}
