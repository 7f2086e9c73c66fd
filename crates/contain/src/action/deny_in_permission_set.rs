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
//! `sso:PutInlinePolicyToPermissionSet`, in the account that administers Identity Center;
//! `sso:DescribePermissionSet`, to see that the set has the name by which it was asked whether it may be touched.

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
        "sso:DescribePermissionSet",
        "sso:GetInlinePolicyForPermissionSet",
        "sso:PutInlinePolicyToPermissionSet",
    ],
    phase: Phase::Revoke,
    responder: Responder::Organisation,
    execution: Execution::Program,
    applies_to: "role sessions that Identity Center made",
    precheck: "the set has the plan's name for it, and the inline policy is the one that the plan knows",
    verify: "the inline policy is read back as written",
    undo: "put the earlier inline policy back, then provision",
};

/// What is known of a permission set.
#[derive(Clone, Copy, Debug)]
pub struct Set<'a> {
    /// Its name: whoever carries the step out is asked by it whom the set must not touch.
    pub name: &'a str,
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
            ("permission_set_name", json!(set.name)),
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

/// The same where nobody looked the set up: a person finds it by its name, looks what stands in it, and adds the
/// denial to that.
pub fn by_hand(place: &Place<'_>, set: Set<'_>, session_names: &[String]) -> Draft {
    let instance = || ("instance_arn", json!("THE-INSTANCE-ARN"));
    let of_set = || {
        params([
            instance(),
            ("permission_set_arn", json!("THE-PERMISSION-SET-ARN")),
        ])
    };
    let mut draft = ACTION.draft(
        place,
        params([("permission_set_name", json!(set.name))]),
        "roles of Identity Center cannot be changed themselves: their permission set is. Look for the instance and for \
         the set of this name; the denial is added to the statements that stand in its inline policy, or it takes \
         their place",
    );
    draft.operation = "ListInstances".to_owned();
    let mut with_policy = of_set();
    let policy = policy::deny_person(None, session_names);
    with_policy.insert("inline_policy".to_owned(), json!(policy));
    let call = |operation: &str, params| Call::new("sso-admin", operation, params);
    draft.then = vec![
        call("ListPermissionSets", params([instance()])),
        call("DescribePermissionSet", of_set()),
        call("GetInlinePolicyForPermissionSet", of_set()),
        call("PutInlinePolicyToPermissionSet", with_policy),
    ];
    draft.by_hand = true;
    draft.variant = Some(Variant::Narrow);
    draft
}
