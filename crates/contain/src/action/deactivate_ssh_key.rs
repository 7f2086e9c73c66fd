//! Set a SSH public key for CodeCommit inactive.
//!
//! # What it does
//!
//! Sets the status of the SSH public key for CodeCommit to Inactive.
//!
//! # What it stops
//!
//! Use of that credential.
//!
//! # What it breaks
//!
//! Whatever legitimately uses it.
//!
//! # What it leaves alive
//!
//! The user's keys and sessions.
//!
//! # How it is undone
//!
//! Set it active again, if it was active before.
//!
//! # AWS calls and permissions
//!
//! `iam:UpdateSSHPublicKey`; `iam:ListSSHPublicKeys` to check.

use crate::action::{Action, Draft, Execution, Place, Responder};
use crate::control::{Control, Only};
use crate::plan::Phase;

/// This action as data.
pub const ACTION: Action = Action {
    name: "deactivate-ssh-key",
    service: "iam",
    operation: "UpdateSSHPublicKey",
    requires: &["iam:ListSSHPublicKeys", "iam:UpdateSSHPublicKey"],
    phase: Phase::Keys,
    responder: Responder::ContainIam,
    execution: Execution::Program,
    applies_to: "credentials of this kind of users",
    precheck: "it exists and is active",
    verify: "`ListSSHPublicKeys` shows it as Inactive",
    undo: "set it active again, if it was active before",
};

/// One such credential of one user; `id` as AWS gave it.
pub fn step(place: &Place<'_>, user: &str, id: &str, of_lineage: &str, why: String) -> Draft {
    let only = Only::Credential(of_lineage.to_owned());
    let stops = (Control::OtherInactive, only);
    ACTION.switching_off(place, user, ("ssh_public_key_id", id), stops, why)
}
