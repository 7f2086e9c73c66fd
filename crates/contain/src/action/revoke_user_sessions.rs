//! Revoke a user's older sessions.
//!
//! # What it does
//!
//! Puts an inline policy on the user that denies every action to credentials issued before the step.
//!
//! Where a policy of its name stands already that is another, it gets the plan's id as well: whoever could guess
//! the name keeps it out by no policy.
//!
//! # What it stops
//!
//! The user's session tokens, federated users and console sessions of before.
//!
//! # What it breaks
//!
//! All of the user's living sessions; legitimate users fetch new ones.
//!
//! # What it leaves alive
//!
//! Keys, which carry no time of issue; sessions made after the step; roles assumed from the user.
//!
//! # How it is undone
//!
//! Delete the policy, not before all tokens issued earlier have expired (36 hours): they would wake up.
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
    name: "revoke-user-sessions",
    service: "iam",
    operation: "PutUserPolicy",
    requires: &["iam:GetUserPolicy", "iam:PutUserPolicy"],
    phase: Phase::Revoke,
    responder: Responder::ContainIam,
    execution: Execution::Program,
    applies_to: "session tokens, federated and console sessions of users",
    precheck: "the user exists; another policy of this name is left, and this one gets another name",
    verify: "the policy is read back as written, again after 60 s",
    undo: "delete the policy, 36 hours later at the earliest",
};

/// The revocation on one user.
pub fn step(place: &Place<'_>, user: &str, tag: &str, why: &str) -> Draft {
    let denial = Denial {
        on: ("user_name", user),
        policy_name: format!("Keyline-revoke-{tag}"),
        document: policy::deny_older(),
        control: Control::UserDenyOlder,
        only: Only::All,
        variant: Variant::Broad,
    };
    ACTION.denial(place, denial, why)
}
