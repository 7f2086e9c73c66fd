//! Set a service credential (CodeCommit, Keyspaces, Bedrock) inactive.
//!
//! # What it does
//!
//! Sets the status of the service credential (CodeCommit, Keyspaces, Bedrock) to Inactive.
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
//! `iam:UpdateServiceSpecificCredential`; `iam:ListServiceSpecificCredentials` to check.

use crate::action::{Action, Draft, Execution, Place, Responder};
use crate::control::{Control, Only};
use crate::plan::Phase;

/// This action as data.
pub const ACTION: Action = Action {
    name: "deactivate-service-credential",
    service: "iam",
    operation: "UpdateServiceSpecificCredential",
    requires: &[
        "iam:ListServiceSpecificCredentials",
        "iam:UpdateServiceSpecificCredential",
    ],
    phase: Phase::Keys,
    responder: Responder::ContainIam,
    execution: Execution::Program,
    applies_to: "credentials of this kind of users",
    precheck: "it exists and is active",
    verify: "`ListServiceSpecificCredentials` shows it as Inactive",
    undo: "set it active again, if it was active before",
};

/// One such credential of one user; `id` as AWS gave it.
pub fn step(place: &Place<'_>, user: &str, id: &str, of_lineage: &str, why: String) -> Draft {
    let only = Only::Credential(of_lineage.to_owned());
    let stops = (Control::OtherInactive, only);
    ACTION.switching_off(
        place,
        user,
        ("service_specific_credential_id", id),
        stops,
        why,
    )
}
