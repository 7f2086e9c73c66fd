//! Take a thief's MFA device off a user.
//!
//! # What it does
//!
//! Deactivates an MFA device that the tree registered. A virtual device is left to be deleted later.
//!
//! # What it stops
//!
//! Sessions with a second factor by that device.
//!
//! # What it breaks
//!
//! Nothing, if the device is not that of the user.
//!
//! # What it leaves alive
//!
//! Sessions that were opened with it.
//!
//! # How it is undone
//!
//! Not at all: the user registers a device again.
//!
//! # AWS calls and permissions
//!
//! `iam:DeactivateMFADevice`; `iam:ListMFADevices` to check.

use serde_json::json;

use crate::action::{Action, Draft, Execution, Place, Responder, params};
use crate::plan::Phase;
/// This action as data.
pub const ACTION: Action = Action {
    name: "remove-mfa-device",
    service: "iam",
    operation: "DeactivateMFADevice",
    requires: &["iam:ListMFADevices", "iam:DeactivateMFADevice"],
    phase: Phase::Keys,
    responder: Responder::ContainIam,
    execution: Execution::Program,
    applies_to: "MFA devices that the tree registered",
    precheck: "the device belongs to the user",
    verify: "`ListMFADevices` does not show it",
    undo: "the user registers a device again",
};

/// One device of one user.
pub fn step(place: &Place<'_>, user: &str, serial: &str) -> Draft {
    let mut draft = ACTION.draft(
        place,
        params([("user_name", json!(user)), ("serial_number", json!(serial))]),
        "the thief registered this device",
    );
    draft.needs_confirmation = true;
    draft.rank = 1;
    draft
}
