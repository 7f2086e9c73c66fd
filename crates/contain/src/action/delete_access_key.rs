//! Delete an access key.
//!
//! # What it does
//!
//! Deletes a key that has been inactive for at least 24 hours. A plan that sets a key inactive never deletes
//! it: a later plan does, under an approval of its own.
//!
//! # What it stops
//!
//! The key, for good.
//!
//! # What it breaks
//!
//! Nothing that worked since it was set inactive.
//!
//! # What it leaves alive
//!
//! Sessions that were made with it.
//!
//! # How it is undone
//!
//! Not at all.
//!
//! # AWS calls and permissions
//!
//! `iam:DeleteAccessKey`.

use serde_json::json;

use crate::action::{Action, Draft, Execution, Place, Responder, params};
use crate::plan::Phase;
/// This action as data.
pub const ACTION: Action = Action {
    name: "delete-access-key",
    service: "iam",
    operation: "DeleteAccessKey",
    requires: &["iam:ListAccessKeys", "iam:DeleteAccessKey"],
    phase: Phase::Afterwards,
    responder: Responder::Eradicate,
    execution: Execution::Program,
    applies_to: "access keys that have been inactive for 24 hours",
    precheck: "the key is inactive, and has been for 24 hours",
    verify: "`ListAccessKeys` does not show the key",
    undo: "it cannot be undone",
};

/// One key of one user.
pub fn step(place: &Place<'_>, user: &str, key: &str, since: &str) -> Draft {
    let mut draft = ACTION.draft(
        place,
        params([("user_name", json!(user)), ("access_key_id", json!(key))]),
        format!("the key has been inactive since {since} and nobody missed it"),
    );
    draft.needs_confirmation = true;
    draft
}
