//! Write down everything about a user before it is changed.
//!
//! # What it does
//!
//! Reads the user, its keys and their last use, its policies, groups, MFA devices, password and other
//! credentials, and files what was read with its hash.
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
//! `iam:GetUser` and the lists of what belongs to a user; reading only.

use serde_json::json;

use crate::action::{Action, Draft, Execution, Place, Responder, params};
use crate::plan::Phase;
/// This action as data.
pub const ACTION: Action = Action {
    name: "snapshot-user",
    service: "iam",
    operation: "GetUser",
    requires: &[
        "iam:GetUser",
        "iam:ListAccessKeys",
        "iam:GetUserPolicy",
        "iam:GetAccessKeyLastUsed",
        "iam:ListUserPolicies",
        "iam:ListAttachedUserPolicies",
        "iam:ListGroupsForUser",
        "iam:ListMFADevices",
        "iam:GetLoginProfile",
        "iam:ListSSHPublicKeys",
        "iam:ListSigningCertificates",
        "iam:ListServiceSpecificCredentials",
    ],
    phase: Phase::Evidence,
    responder: Responder::Collect,
    execution: Execution::Program,
    applies_to: "users of the tree",
    precheck: "the user exists",
    verify: "the snapshot is filed and its hash is in the journal",
    undo: "nothing to undo",
};

/// The snapshot of one user.
pub fn step(place: &Place<'_>, user: &str) -> Draft {
    ACTION.draft(
        place,
        params([("user_name", json!(user))]),
        "what is there now is needed to undo anything, and as evidence",
    )
}
