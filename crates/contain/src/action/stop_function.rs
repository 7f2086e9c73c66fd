//! Stop a Lambda function.
//!
//! # What it does
//!
//! Sets the reserved concurrency of the function to 0, so that it is not run any more.
//!
//! # What it stops
//!
//! Every further run, and with it new credentials of the function.
//!
//! # What it breaks
//!
//! All that the function does.
//!
//! # What it leaves alive
//!
//! Credentials that were taken from it: the denial on its role stops those.
//!
//! # How it is undone
//!
//! Delete the reserved concurrency, or set the earlier value.
//!
//! # AWS calls and permissions
//!
//! `lambda:PutFunctionConcurrency`; undone by `lambda:DeleteFunctionConcurrency`.

use serde_json::json;

use crate::action::{Action, Draft, Execution, Place, Responder, params};
use crate::plan::{Call, Phase};
/// This action as data.
pub const ACTION: Action = Action {
    name: "stop-function",
    service: "lambda",
    operation: "PutFunctionConcurrency",
    requires: &[
        "lambda:GetFunctionConcurrency",
        "lambda:PutFunctionConcurrency",
    ],
    phase: Phase::Workloads,
    responder: Responder::ContainWorkload,
    execution: Execution::Program,
    applies_to: "functions whose credentials are in the tree",
    precheck: "the function exists; its reserved concurrency is noted",
    verify: "`GetFunctionConcurrency` gives 0",
    undo: "delete the reserved concurrency, or set the noted value",
};

/// One function.
pub fn step(place: &Place<'_>, function: &str) -> Draft {
    let mut draft = ACTION.draft(
        place,
        params([
            ("function_name", json!(function)),
            ("reserved_concurrent_executions", json!(0)),
        ]),
        "whatever took the credentials from the function takes the next ones too",
    );
    draft.undo = Some(Call::new(
        "lambda",
        "DeleteFunctionConcurrency",
        params([("function_name", json!(function))]),
    ));
    draft
}
