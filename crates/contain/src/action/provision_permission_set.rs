//! Bring a changed permission set into all accounts.
//!
//! # What it does
//!
//! Provisions the permission set in all accounts that have it, and waits until Identity Center says that it
//! is done.
//!
//! # What it stops
//!
//! Nothing by itself: it carries the denial of the step before into the accounts.
//!
//! # What it breaks
//!
//! Nothing.
//!
//! # What it leaves alive
//!
//! As the step before.
//!
//! # How it is undone
//!
//! Provision again after the earlier policy was put back.
//!
//! # AWS calls and permissions
//!
//! `sso:ProvisionPermissionSet`, `sso:DescribePermissionSetProvisioningStatus`; whether it still holds is seen by
//! `sso:ListAccountsForProvisionedPermissionSet`: accounts that have another state than the set's latest.

use serde_json::json;

use crate::action::deny_in_permission_set::Set;
use crate::action::{Action, Draft, Execution, Place, Responder, params};
use crate::plan::{Call, Phase};
/// This action as data.
pub const ACTION: Action = Action {
    name: "provision-permission-set",
    service: "sso-admin",
    operation: "ProvisionPermissionSet",
    requires: &[
        "sso:ProvisionPermissionSet",
        "sso:DescribePermissionSetProvisioningStatus",
        "sso:ListAccountsForProvisionedPermissionSet",
    ],
    phase: Phase::Revoke,
    responder: Responder::Organisation,
    execution: Execution::Program,
    applies_to: "permission sets that a step changed",
    precheck: "the step before is done",
    verify: "the status of the provisioning is SUCCEEDED; later, no account has an older state of the set",
    undo: "provision again",
};

/// The provisioning of one permission set everywhere.
pub fn step(place: &Place<'_>, set: Set<'_>) -> Draft {
    let everywhere = params([
        ("instance_arn", json!(set.instance_arn)),
        ("permission_set_arn", json!(set.permission_set_arn)),
        ("permission_set_name", json!(set.name)),
        ("target_type", json!("ALL_PROVISIONED_ACCOUNTS")),
    ]);
    let mut draft = ACTION.draft(
        place,
        everywhere.clone(),
        "the denial is in force only where the set is provisioned",
    );
    draft.rank = 1;
    draft.undo = Some(Call::new("sso-admin", "ProvisionPermissionSet", everywhere));
    draft
}
