//! Delete a user's password.
//!
//! # What it does
//!
//! Deletes the login profile of a user whose password the tree made or changed.
//!
//! # What it stops
//!
//! Signing in to the console with that password.
//!
//! # What it breaks
//!
//! The user cannot sign in until an administrator gives a new password.
//!
//! # What it leaves alive
//!
//! Console sessions that are open already: the denial on the user stops those.
//!
//! # How it is undone
//!
//! Not at all: nobody knows the old password. A person gives a new one.
//!
//! # AWS calls and permissions
//!
//! `iam:DeleteLoginProfile`; `iam:GetLoginProfile` to check.

use serde_json::json;

use crate::action::{Action, Draft, Execution, Place, Responder, params};
use crate::control::{Control, Measure, Only};
use crate::plan::Phase;
/// This action as data.
pub const ACTION: Action = Action {
    name: "delete-password",
    service: "iam",
    operation: "DeleteLoginProfile",
    requires: &["iam:GetLoginProfile", "iam:DeleteLoginProfile"],
    phase: Phase::Keys,
    responder: Responder::ContainIam,
    execution: Execution::Program,
    applies_to: "passwords that the tree made or changed",
    precheck: "the login profile exists, and nobody made it since the plan",
    verify: "`GetLoginProfile` finds none",
    undo: "a person gives a new password",
};

/// The password of one user.
pub fn step(place: &Place<'_>, user: &str, of_lineage: &str) -> Draft {
    let mut draft = ACTION.draft(
        place,
        params([("user_name", json!(user))]),
        "the thief set this password and knows it",
    );
    draft.measures = vec![Measure {
        control: Control::PasswordDeleted,
        on: place.on.clone(),
        only: Only::Credential(of_lineage.to_owned()),
    }];
    draft.needs_confirmation = true;
    draft.rank = 1;
    draft
}
