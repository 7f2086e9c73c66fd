//! Deny everything to one federated user.
//!
//! # What it does
//!
//! Puts an inline policy on the user who issued the federation token, which denies every action to that
//! federated name.
//!
//! Where a policy of its name stands already that is another, it gets the plan's id as well: whoever could guess
//! the name keeps it out by no policy.
//!
//! # What it stops
//!
//! Sessions of this federated name, also those to come.
//!
//! # What it breaks
//!
//! Nothing of the user itself and its other federated names.
//!
//! # What it leaves alive
//!
//! The user's keys, which can make a token under another name.
//!
//! # How it is undone
//!
//! Delete the policy when all federation tokens have expired (36 hours).
//!
//! # AWS calls and permissions
//!
//! `iam:PutUserPolicy`; undone by `iam:DeleteUserPolicy`.

use crate::action::alike::Denial;
use crate::action::{Action, Draft, Execution, Place, Responder};
use crate::control::{Control, Only};
use crate::plan::{Phase, Variant};
use crate::policy;

/// This action as data.
pub const ACTION: Action = Action {
    name: "deny-federated-user",
    service: "iam",
    operation: "PutUserPolicy",
    requires: &["iam:GetUserPolicy", "iam:PutUserPolicy"],
    phase: Phase::Deny,
    responder: Responder::ContainIam,
    execution: Execution::Program,
    applies_to: "federation tokens",
    precheck: "the user exists; another policy of this name is left, and this one gets another name",
    verify: "the policy is read back as written, again after 60 s",
    undo: "delete the policy, 36 hours later at the earliest",
};

/// The denial of some federated names of one user.
pub fn step(place: &Place<'_>, user: &str, user_ids: &[String], tag: &str) -> Draft {
    let denial = Denial {
        on: ("user_name", user),
        policy_name: format!("Keyline-deny-federated-{tag}"),
        document: policy::deny_user_ids(user_ids),
        control: Control::UserDenyFederated,
        only: Only::UserIds(user_ids.to_vec()),
        variant: Variant::Narrow,
    };
    ACTION.denial(
        place,
        denial,
        "stops these federated users and leaves the user and its other federated users alone",
    )
}
