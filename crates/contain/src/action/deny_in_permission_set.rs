//! Deny everything to one person in a permission set.
//!
//! # What it does
//!
//! Adds a statement to the inline policy of the permission set that denies every action to the person's
//! sessions issued before the step. What stood in the policy stays. The accounts get it only when the set is
//! provisioned.
//!
//! # What it stops
//!
//! The person's role sessions in all accounts of the set.
//!
//! # What it breaks
//!
//! Nothing of other people.
//!
//! # What it leaves alive
//!
//! The session of the access portal, which can fetch further role sessions: the person is disabled as well.
//!
//! # How it is undone
//!
//! Put the earlier inline policy back and provision again, when all older sessions have expired (12 hours).
//!
//! # AWS calls and permissions
//!
//! `sso:PutInlinePolicyToPermissionSet`, in the account that administers Identity Center.

use serde_json::json;

use crate::action::{Action, Draft, Execution, Place, Responder, params};
use crate::control::Measure;
use crate::plan::{Call, Phase, Variant};
use crate::policy;
/// This action as data.
pub const ACTION: Action = Action {
    name: "deny-in-permission-set",
    service: "sso-admin",
    operation: "PutInlinePolicyToPermissionSet",
    requires: &[
        "sso:GetInlinePolicyForPermissionSet",
        "sso:PutInlinePolicyToPermissionSet",
    ],
    phase: Phase::Revoke,
    responder: Responder::Organisation,
    execution: Execution::Program,
    applies_to: "role sessions that Identity Center made",
    precheck: "the inline policy is the one that the plan knows",
    verify: "the inline policy is read back as written",
    undo: "put the earlier inline policy back, then provision",
};

/// What is known of a permission set.
#[derive(Clone, Copy, Debug)]
pub struct Set<'a> {
    pub instance_arn: &'a str,
    pub permission_set_arn: &'a str,
    pub inline_policy: Option<&'a serde_json::Value>,
}

/// The denial of one person's sessions in one permission set.
pub fn step(
    place: &Place<'_>,
    set: Set<'_>,
    session_names: &[String],
    measures: Vec<Measure>,
) -> Draft {
    let of_set = || {
        params([
            ("instance_arn", json!(set.instance_arn)),
            ("permission_set_arn", json!(set.permission_set_arn)),
        ])
    };
    let mut with_policy = of_set();
    with_policy.insert(
        "inline_policy".to_owned(),
        json!(policy::deny_person(set.inline_policy, session_names)),
    );
    let mut draft = ACTION.draft(
        place,
        with_policy,
        "roles of Identity Center cannot be changed themselves: their permission set is",
    );
    draft.measures = measures;
    draft.undo = Some(match set.inline_policy {
        Some(before) => {
            let mut restored = of_set();
            restored.insert("inline_policy".to_owned(), json!(before.to_string()));
            Call::new("sso-admin", "PutInlinePolicyToPermissionSet", restored)
        }
        None => Call::new("sso-admin", "DeleteInlinePolicyFromPermissionSet", of_set()),
    });
    draft.variant = Some(Variant::Narrow);
    draft
}
