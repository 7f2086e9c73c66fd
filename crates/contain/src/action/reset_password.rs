//! Give a user another password.
//!
//! # What it does
//!
//! A person sets a new password for a user whose password the thief knows and did not set, tells it to the user
//! by a way that the thief does not read, and looks at the user's MFA devices.
//!
//! # What it stops
//!
//! Signing in to the console with the old password, once the denial on the user is lifted.
//!
//! # What it breaks
//!
//! The user must be told the new password.
//!
//! # What it leaves alive
//!
//! Console sessions that are open already: the denial on the user stops those.
//!
//! # How it is undone
//!
//! Not at all: nobody should have the old password.
//!
//! # AWS calls and permissions
//!
//! `iam:UpdateLoginProfile`, or `iam:CreateLoginProfile` where the thief's was deleted; by hand.

use serde_json::{Map, Value, json};

use crate::action::{Action, Draft, Execution, Place, Responder, params};
use crate::plan::Phase;

/// This action as data.
pub const ACTION: Action = Action {
    name: "reset-password",
    service: "iam",
    operation: "UpdateLoginProfile",
    requires: &["iam:UpdateLoginProfile", "iam:CreateLoginProfile"],
    phase: Phase::Afterwards,
    responder: Responder::ContainIam,
    execution: Execution::Person,
    applies_to: "passwords in the thief's hands that the thief did not set",
    precheck: "the thief is out; the denial on the user still stands",
    verify: "the user signs in with the new password and has none but its own MFA devices",
    undo: "nothing brings the old password back, and nothing should",
};

/// The password of one user.
pub fn step(place: &Place<'_>, user: &str) -> Draft {
    ACTION.draft(
        place,
        new_password(user),
        "the thief knows this password: it opens the console again when the denial is lifted",
    )
}

/// The same, where the thief had changed a password and it was deleted.
pub fn step_after_deletion(place: &Place<'_>, user: &str) -> Draft {
    let mut draft = ACTION.draft(
        place,
        new_password(user),
        "the thief changed the password, and it is deleted: its owner needs a new one, the old one is not known",
    );
    draft.operation = "CreateLoginProfile".to_owned();
    draft
}

fn new_password(user: &str) -> Map<String, Value> {
    params([
        ("user_name", json!(user)),
        ("password", json!("A-NEW-PASSWORD")),
        ("password_reset_required", json!(true)),
    ])
}
