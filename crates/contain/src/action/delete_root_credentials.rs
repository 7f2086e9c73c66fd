//! Take password and keys from the root of a member account.
//!
//! # What it does
//!
//! In the management account, or in that to which the organisation has delegated this, a person begins the privileged
//! task that deletes the root's credentials, and with the session that it gives deletes the root's password, keys and
//! MFA devices. Where root access is not centrally managed somebody signs in as the root instead.
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

/// The root of one account, by a privileged task of the organisation, with its keys that are known.
pub fn step(place: &Place<'_>, partition: &str, member_account: &str, keys: &[String]) -> Draft {
    let task = format!("arn={}", task_policy(partition));
    let mut draft = ACTION.draft(
        place,
        params([
            ("target_principal", json!(member_account)),
            ("task_policy_arn", json!(task)),
        ]),
        format!(
            "no policy can be laid on a root: its credentials have to go. Called from the management account or a \
             delegated administrator's, at the endpoint of a region; then, with the session that it gives and with no \
             other, `aws iam delete-login-profile`, `aws iam list-access-keys` and `aws iam delete-access-key` ({}), \
             `aws iam list-mfa-devices` and `aws iam deactivate-mfa-device`",
            match keys {
                [] => "no key is known by these logs".to_owned(),
                keys => keys.join(", "),
            }
        ),
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
