//! Set an access key inactive.
//!
//! # What it does
//!
//! Sets the status of the key to Inactive. The key is kept: deleting it would destroy evidence and cannot be
//! undone.
//!
//! # What it stops
//!
//! Calls signed with the key itself.
//!
//! # What it breaks
//!
//! Whatever legitimately uses the key.
//!
//! # What it leaves alive
//!
//! Every session that was made with it, and all below: they do not need the key any more.
//!
//! # How it is undone
//!
//! Set it active again, if it was active before and the thief did not make it.
//!
//! # AWS calls and permissions
//!
//! `iam:UpdateAccessKey`; `iam:ListAccessKeys` to check.

use crate::action::{Action, Draft, Execution, Place, Responder};
use crate::control::{Control, Only};
use crate::plan::Phase;

/// This action as data.
pub const ACTION: Action = Action {
    name: "deactivate-access-key",
    service: "iam",
    operation: "UpdateAccessKey",
    requires: &["iam:ListAccessKeys", "iam:UpdateAccessKey"],
    phase: Phase::Keys,
    responder: Responder::ContainIam,
    execution: Execution::Program,
    applies_to: "access keys of users",
    precheck: "the key exists and has the status that the plan knows",
    verify: "`ListAccessKeys` shows the key as Inactive",
    undo: "set the key active again, if it was active before",
};

/// Whether a key may be switched on again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MadeBy {
    Thief,
    Others,
}

/// One key of one user. Of a key that the thief made nothing is ever given back.
pub fn step(place: &Place<'_>, user: &str, key: &str, made_by: MadeBy, why: String) -> Draft {
    let stops = (Control::KeyInactive, Only::AccessKey(key.to_owned()));
    let mut draft = ACTION.switching_off(place, user, ("access_key_id", key), stops, why);
    if made_by == MadeBy::Thief {
        draft.undo = None;
    }
    draft
}
