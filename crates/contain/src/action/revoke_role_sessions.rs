//! Revoke a role's older sessions.
//!
//! # What it does
//!
//! Puts an inline policy on the role that denies every action to sessions issued before the step.
//!
//! Where a policy of its name stands already that is another, it gets the plan's id as well: whoever could guess
//! the name keeps it out by no policy.
//!
//! # What it stops
//!
//! All sessions of the role of before, by whomever.
//!
//! # What it breaks
//!
//! Every living session of the role. Services and people assume it anew; an instance keeps its revoked
//! credentials until it fetches new ones.
//!
//! # What it leaves alive
//!
//! Sessions made after the step: so the way in is closed as well, and the step is taken a second time at the
//! end. Sessions of other roles assumed from this one.
//!
//! # How it is undone
//!
//! Delete the policy, not before all sessions issued earlier have expired (the role's longest session).
//!
//! # AWS calls and permissions
//!
//! `iam:PutRolePolicy`; undone by `iam:DeleteRolePolicy`. It has a name of its own, so that a revocation made
//! in the console is not overwritten.

use crate::action::alike::Denial;
use crate::action::{Action, Draft, Execution, Place, Responder};
use crate::control::{Control, Only};
use crate::plan::{Phase, Variant};
use crate::policy;

/// This action as data.
pub const ACTION: Action = Action {
    name: "revoke-role-sessions",
    service: "iam",
    operation: "PutRolePolicy",
    requires: &["iam:GetRolePolicy", "iam:PutRolePolicy"],
    phase: Phase::Revoke,
    responder: Responder::ContainIam,
    execution: Execution::Program,
    applies_to: "sessions of roles",
    precheck: "the role exists; another policy of this name is left, and this one gets another name",
    verify: "the policy is read back as written, again after 60 s",
    undo: "delete the policy, when the role's longest session is over",
};

/// The revocation on one role.
pub fn step(place: &Place<'_>, role: &str, tag: &str, why: &str) -> Draft {
    let denial = Denial {
        on: ("role_name", role),
        policy_name: format!("Keyline-revoke-{tag}"),
        document: policy::deny_older(),
        control: Control::RoleDenyOlder,
        only: Only::All,
        variant: Variant::Broad,
    };
    ACTION.denial(place, denial, why)
}
