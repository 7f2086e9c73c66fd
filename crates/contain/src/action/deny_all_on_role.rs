//! Deny everything to a role.
//!
//! # What it does
//!
//! Puts an inline policy on the role that denies every action, to sessions of now and of later.
//!
//! Where a policy of its name stands already that is another, it gets the plan's id as well: whoever could guess
//! the name keeps it out by no policy.
//!
//! # What it stops
//!
//! All sessions of the role. It is for roles whose sessions make each other in a circle, and for roles that
//! the thief made: revoking older sessions loses that race, because the next one is always younger.
//!
//! # What it breaks
//!
//! All that the role is used for, until the policy is deleted.
//!
//! # What it leaves alive
//!
//! Sessions of other roles that were assumed from it.
//!
//! # How it is undone
//!
//! Delete the policy, when the circle is broken and all older sessions have expired.
//!
//! # AWS calls and permissions
//!
//! `iam:PutRolePolicy`; if the role has no room for another inline policy, `iam:AttachRolePolicy` with
//! `AWSDenyAll`; if it has no room for that either, `iam:PutRolePermissionsBoundary` with the same. Undone by
//! `iam:DeleteRolePolicy`, `iam:DetachRolePolicy`, or by putting the earlier boundary back.

use crate::action::alike::Denial;
use crate::action::{Action, Draft, Execution, Place, Responder};
use crate::control::{Control, Only};
use crate::plan::{Phase, Variant};
use crate::policy;

/// This action as data.
pub const ACTION: Action = Action {
    name: "deny-all-on-role",
    service: "iam",
    operation: "PutRolePolicy",
    requires: &[
        "iam:GetRolePolicy",
        "iam:PutRolePolicy",
        "iam:AttachRolePolicy",
        "iam:ListAttachedRolePolicies",
        "iam:PutRolePermissionsBoundary",
        "iam:GetRole",
    ],
    phase: Phase::Deny,
    responder: Responder::ContainIam,
    execution: Execution::Program,
    applies_to: "sessions of roles",
    precheck: "the role exists; another policy of this name is left, and this one gets another name",
    verify: "the policy is read back as written, again after 60 s",
    undo: "delete the policy, when all older sessions have expired",
};

/// The denial on one role.
pub fn step(place: &Place<'_>, role: &str, tag: &str, why: &str) -> Draft {
    let denial = Denial {
        on: ("role_name", role),
        policy_name: format!("Keyline-deny-{tag}"),
        document: policy::deny_all(),
        control: Control::RoleDenyAll,
        only: Only::All,
        variant: Variant::Broad,
    };
    ACTION.denial(place, denial, why)
}
