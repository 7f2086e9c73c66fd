//! Secure a Lambda function as evidence.
//!
//! # What it does
//!
//! Reads configuration, policy and the place of the code, before the function is stopped.
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
//! `lambda:GetFunction`, `lambda:GetPolicy`; reading only.

use serde_json::json;

use crate::action::{Action, Draft, Execution, Place, Responder, params};
use crate::plan::Phase;
/// This action as data.
pub const ACTION: Action = Action {
    name: "snapshot-function",
    service: "lambda",
    operation: "GetFunction",
    requires: &["lambda:GetFunction", "lambda:GetPolicy"],
    phase: Phase::Evidence,
    responder: Responder::Collect,
    execution: Execution::Program,
    applies_to: "functions whose credentials are in the tree",
    precheck: "the function exists",
    verify: "the snapshot is filed and its hash is in the journal",
    undo: "nothing to undo",
};

/// The snapshot of one function.
pub fn step(place: &Place<'_>, function: &str) -> Draft {
    ACTION.draft(
        place,
        params([("function_name", json!(function))]),
        "the code that ran when the credentials were taken is evidence",
    )
}
