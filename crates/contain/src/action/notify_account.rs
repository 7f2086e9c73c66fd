//! Tell the owner of another account.
//!
//! # What it does
//!
//! A person tells the owner of an account that is not ours that credentials of it were used here, or that
//! ours were used there.
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
//! Everything in that account.
//!
//! # How it is undone
//!
//! There is nothing to undo.
//!
//! # AWS calls and permissions
//!
//! None.

use serde_json::json;

use crate::action::{Action, Draft, Execution, Place, Responder, params};
use crate::plan::Phase;
/// This action as data.
pub const ACTION: Action = Action {
    name: "notify-account",
    service: "keyline",
    operation: "Notify",
    requires: &[],
    phase: Phase::Afterwards,
    responder: Responder::Collect,
    execution: Execution::Person,
    applies_to: "accounts outside those in which may be acted",
    precheck: "the contact of the account is known",
    verify: "the owner has answered",
    undo: "nothing to undo",
};

/// One account.
pub fn step(place: &Place<'_>, account: &str) -> Draft {
    ACTION.draft(
        place,
        params([("account", json!(account))]),
        "nothing can be done there from here",
    )
}
