//! Look whether it held.
//!
//! # What it does
//!
//! Reads back every object that a step changed, after 5, 15 and 60 seconds, and lays the control on again
//! where it is gone: for some seconds after a change the old state is still in force, and whoever uses them
//! can take a denial away. Then reads the events after the cut: a success by a credential of the tree is an
//! alarm. Silence is no proof.
//!
//! # What it stops
//!
//! Nothing by itself.
//!
//! # What it breaks
//!
//! Nothing.
//!
//! # What it leaves alive
//!
//! What the plan lists as still alive.
//!
//! # How it is undone
//!
//! There is nothing to undo.
//!
//! # AWS calls and permissions
//!
//! The reading permissions of the steps before.

use serde_json::json;

use crate::action::{Action, Draft, Execution, Place, Responder, params};
use crate::plan::Phase;
/// This action as data.
pub const ACTION: Action = Action {
    name: "verify",
    service: "keyline",
    operation: "Verify",
    requires: &[],
    phase: Phase::Verify,
    responder: Responder::Collect,
    execution: Execution::Program,
    applies_to: "every plan",
    precheck: "all steps before are done or accounted for",
    verify: "every control is read back at each of the three times",
    undo: "nothing to undo",
};

/// The verification of a plan.
pub fn step(place: &Place<'_>) -> Draft {
    ACTION.draft(
        place,
        params([("after_seconds", json!([5, 15, 60]))]),
        "everything that was changed is read back after 5, 15 and 60 seconds, and laid on again where somebody took \
         it away",
    )
}
