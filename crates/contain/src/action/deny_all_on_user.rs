//! Deny everything to a user.
//!
//! # What it does
//!
//! Puts an inline policy on the user that denies every action.
//!
//! Where a policy of its name stands already that is another, it gets the plan's id as well: whoever could guess
//! the name keeps it out by no policy.
//!
//! # What it stops
//!
//! Calls by all of the user's keys, known or not, by its sessions, federated users, console and service
//! credentials.
//!
//! # What it breaks
//!
//! All that the user is used for.
//!
//! # What it leaves alive
//!
//! Sessions of roles that the user assumed: those stand under their role alone. `GetSessionToken` needs no
//! permission and still gives tokens; they can do nothing while the denial is there.
//!
//! # How it is undone
//!
//! Delete the policy, not before all tokens that were made meanwhile have expired (36 hours): they would wake
//! up.
//!
//! # AWS calls and permissions
//!
//! `iam:PutUserPolicy`; if the user has no room for another inline policy, `iam:AttachUserPolicy` with
//! `AWSDenyAll`; if it has no room for that either, `iam:PutUserPermissionsBoundary` with the same. Undone by
//! `iam:DeleteUserPolicy`, `iam:DetachUserPolicy`, or by putting the earlier boundary back.

use crate::action::alike::Denial;
use crate::action::{Action, Draft, Execution, Place, Responder};
use crate::control::{Control, Only};
use crate::plan::{Phase, Variant};
use crate::policy;

/// This action as data.
pub const ACTION: Action = Action {
    name: "deny-all-on-user",
    service: "iam",
    operation: "PutUserPolicy",
    requires: &[
        "iam:GetUserPolicy",
        "iam:PutUserPolicy",
        "iam:AttachUserPolicy",
        "iam:ListAttachedUserPolicies",
        "iam:PutUserPermissionsBoundary",
        "iam:GetUser",
    ],
    phase: Phase::Deny,
    responder: Responder::ContainIam,
    execution: Execution::Program,
    applies_to: "access keys, session tokens, federated and console sessions, passwords of users",
    precheck: "the user exists; another policy of this name is left, and this one gets another name",
    verify: "the policy is read back as written, again after 60 s",
    undo: "delete the policy, 36 hours later at the earliest",
};

/// The denial on one user.
pub fn step(place: &Place<'_>, user: &str, tag: &str) -> Draft {
    let denial = Denial {
        on: ("user_name", user),
        policy_name: format!("Keyline-deny-{tag}"),
        document: policy::deny_all(),
        control: Control::UserDenyAll,
        only: Only::All,
        variant: Variant::Broad,
    };
    ACTION.denial(
        place,
        denial,
        "stops every key and session of the user, those that no log shows included",
    )
}
