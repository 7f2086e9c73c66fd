//! Deny everything to some sessions of a role.
//!
//! # What it does
//!
//! Puts an inline policy on the role that denies every action to sessions of these names, as `aws:userid`
//! gives them.
//!
//! Where a policy of its name stands already that is another, it gets the plan's id as well: whoever could guess
//! the name keeps it out by no policy.
//!
//! # What it stops
//!
//! Sessions of these names, of now and of later: for an instance or a function all of its credentials,
//! whenever it fetches them.
//!
//! # What it breaks
//!
//! Legitimate sessions of the same name; nothing else of the role.
//!
//! # What it leaves alive
//!
//! Sessions of the role under other names.
//!
//! # How it is undone
//!
//! Delete the policy, when all older sessions have expired.
//!
//! # AWS calls and permissions
//!
//! `iam:PutRolePolicy`; undone by `iam:DeleteRolePolicy`.

use crate::action::alike::Denial;
use crate::action::{Action, Draft, Execution, Place, Responder};
use crate::control::{Control, Only};
use crate::plan::{Phase, Variant};
use crate::policy;

/// This action as data.
pub const ACTION: Action = Action {
    name: "deny-role-sessions",
    service: "iam",
    operation: "PutRolePolicy",
    requires: &["iam:GetRolePolicy", "iam:PutRolePolicy"],
    phase: Phase::Revoke,
    responder: Responder::ContainIam,
    execution: Execution::Program,
    applies_to: "sessions of roles whose full principal id is known; instances and functions first of all",
    precheck: "the role exists; another policy of this name is left, and this one gets another name",
    verify: "the policy is read back as written, again after 60 s",
    undo: "delete the policy, when the role's longest session is over",
};

/// The denial of some sessions of one role.
pub fn step(place: &Place<'_>, role: &str, user_ids: &[String], tag: &str, why: &str) -> Draft {
    let denial = Denial {
        on: ("role_name", role),
        policy_name: format!("Keyline-deny-sessions-{tag}"),
        document: policy::deny_user_ids(user_ids),
        control: Control::RoleDenySession,
        only: Only::UserIds(user_ids.to_vec()),
        variant: Variant::Narrow,
    };
    ACTION.denial(place, denial, why)
}
