//! Take password and keys from the root of an account.
//!
//! # What it does
//!
//! In a member account: the organisation's privileged task deletes the root's password, keys and MFA devices.
//! In the management account: a person signs in, changes password and MFA, and deletes the keys.
//!
//! # What it stops
//!
//! The root's keys and the way to sign in.
//!
//! # What it breaks
//!
//! Whatever needs the root: hardly anything should.
//!
//! # What it leaves alive
//!
//! An open console session of the root, for at most 12 hours; in a member account the denial by the
//! organisation stops it.
//!
//! # How it is undone
//!
//! By recovering the root by mail.
//!
//! # AWS calls and permissions
//!
//! `sts:AssumeRoot` with the task policy `IAMDeleteRootUserCredentials`, then `iam:DeleteAccessKey` and
//! `iam:DeleteLoginProfile`; by hand.

use serde_json::json;

use crate::action::{Action, Draft, Execution, Place, Responder, params};
use crate::control::{Control, Measure, Only};
use crate::plan::Phase;
/// This action as data.
pub const ACTION: Action = Action {
    name: "delete-root-credentials",
    service: "sts",
    operation: "AssumeRoot",
    requires: &["sts:AssumeRoot"],
    phase: Phase::Keys,
    responder: Responder::Eradicate,
    execution: Execution::Person,
    applies_to: "root sessions and keys of the root",
    precheck: "somebody is there who can recover the root by mail",
    verify: "the account summary shows no keys of the root",
    undo: "recover the root by mail",
};

/// The root of one account, by a privileged task of the organisation.
pub fn step(place: &Place<'_>, partition: &str, member_account: &str) -> Draft {
    let task = format!("arn={}", task_policy(partition));
    let mut draft = ACTION.draft(
        place,
        params([
            ("target_principal", json!(member_account)),
            ("task_policy_arn", json!(task)),
        ]),
        "no policy can be laid on a root: its credentials have to go",
    );
    draft.needs_confirmation = true;
    draft.measures = vec![Measure {
        control: Control::KeyInactive,
        on: place.on.clone(),
        only: Only::All,
    }];
    draft
}

fn task_policy(partition: &str) -> String {
    format!("arn:{partition}:iam::aws:policy/root-task/IAMDeleteRootUserCredentials")
}
