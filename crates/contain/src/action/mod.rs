//! What can be done: one action a file.
//!
//! Each file says in fixed headings what its action does, stops, breaks and leaves alive, how it is undone
//! and which permissions it takes; gives the same as data, for the plan and the permissions; and makes the
//! step of a plan from what it is to be done to. Deliberately not here: which actions a plan needs
//! (`compose.rs`), their order (`order.rs`), and anything that talks to AWS.

use serde_json::{Map, Value};

use crate::control::Measure;
use crate::owner::Owner;
use crate::plan::{Call, Phase, Variant};

mod alike;

pub mod snapshot_user;
pub mod snapshot_role;
pub mod snapshot_instance;
pub mod snapshot_function;

pub mod deny_by_organisation;

pub mod deny_all_on_user;
pub mod deny_federated_user;
pub mod deny_all_on_role;

pub mod deactivate_access_key;
pub mod deactivate_other_keys;
pub mod deactivate_service_credential;
pub mod deactivate_ssh_key;
pub mod deactivate_signing_certificate;
pub mod delete_password;
pub mod remove_mfa_device;
pub mod delete_root_credentials;
pub mod secure_root;

pub mod revoke_user_sessions;
pub mod revoke_role_sessions;
pub mod deny_role_sessions;
pub mod deny_in_permission_set;
pub mod provision_permission_set;
pub mod revoke_oauth_tokens;

pub mod close_trust;
pub mod disable_person;
pub mod fix_identity_provider;
pub mod disable_roles_anywhere;

pub mod replace_instance_profile;
pub mod isolate_instance;
pub mod stop_function;
pub mod stop_task;
pub mod stop_pod;

pub mod verify;
pub mod rotate_access_key;
pub mod reset_password;
pub mod delete_access_key;
pub mod notify_account;

/// An action as data.
#[derive(Debug)]
pub struct Action {
    /// As the file's name, with hyphens.
    pub name: &'static str,
    /// As in the AWS command line: `iam`. `keyline` for what is done without AWS.
    pub service: &'static str,
    /// The operation that a step names.
    pub operation: &'static str,
    /// Every operation that the step makes, as permissions.
    pub requires: &'static [&'static str],
    pub phase: Phase,
    pub responder: Responder,
    pub execution: Execution,
    pub applies_to: &'static str,
    pub precheck: &'static str,
    pub verify: &'static str,
    pub undo: &'static str,
}

/// The role of the responder that takes a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Responder {
    Collect,
    ContainIam,
    ContainWorkload,
    Organisation,
    /// Deletes; apart from the others, and given out last.
    Eradicate,
}

/// Who takes a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Execution {
    /// The program, once the plan is approved.
    Program,
    /// A person: the plan says how.
    Person,
}

/// A step of which everything is known but its place in the plan.
#[derive(Clone, Debug)]
pub struct Draft {
    /// The action's name.
    pub kind: &'static str,
    pub phase: Phase,
    pub account: String,
    pub region: String,
    pub params: Map<String, Value>,
    pub credential: Option<String>,
    pub why: String,
    /// What it is done to.
    pub on: Owner,
    pub measures: Vec<Measure>,
    pub undo: Option<Call>,
    pub variant: Option<Variant>,
    pub needs_confirmation: bool,
    /// Whatever the action says, a person takes this one, because something that it takes is not known.
    pub by_hand: bool,
    /// Of a step by hand, the calls that come after its first one.
    pub then: Vec<Call>,
    /// Of the action, or of a row of the undo map.
    pub service: String,
    pub operation: String,
    pub requires: Vec<String>,
    pub precheck: String,
    pub verify: String,
    /// Its place among the steps of its phase.
    pub rank: u32,
    /// A name by which steps after it can wait for it.
    pub key: Option<String>,
    pub after: Vec<String>,
}

/// Where and to what a step is done.
#[derive(Clone, Debug)]
pub struct Place<'a> {
    pub account: &'a str,
    pub region: &'a str,
    pub on: &'a Owner,
    pub credential: Option<&'a str>,
}

impl Action {
    /// The permissions that a step takes: those of the action, and those of its call.
    pub fn permissions(&self) -> Vec<String> {
        let of_call = permissions_of(self.service, self.operation).unwrap_or_default();
        let also = of_call.iter().filter(|name| !self.requires.contains(name));
        let all = self.requires.iter().chain(also);
        all.map(|name| (*name).to_owned()).collect()
    }

    /// A step of this action.
    pub fn draft(
        &'static self,
        place: &Place<'_>,
        params: Map<String, Value>,
        why: impl Into<String>,
    ) -> Draft {
        Draft {
            kind: self.name,
            phase: self.phase,
            account: place.account.to_owned(),
            region: place.region.to_owned(),
            params,
            credential: place.credential.map(str::to_owned),
            why: why.into(),
            on: place.on.clone(),
            measures: Vec::new(),
            undo: None,
            variant: None,
            needs_confirmation: false,
            by_hand: self.execution == Execution::Person,
            then: Vec::new(),
            service: self.service.to_owned(),
            operation: self.operation.to_owned(),
            requires: self.permissions(),
            precheck: self.precheck.to_owned(),
            verify: self.verify.to_owned(),
            rank: 0,
            key: None,
            after: Vec::new(),
        }
    }
}

/// Every action, in the order of the phases.
pub const ALL: &[&Action] = &[
    &snapshot_user::ACTION,
    &snapshot_role::ACTION,
    &snapshot_instance::ACTION,
    &snapshot_function::ACTION,
    &deny_by_organisation::ACTION,
    &deny_all_on_user::ACTION,
    &deny_federated_user::ACTION,
    &deny_all_on_role::ACTION,
    &deactivate_access_key::ACTION,
    &deactivate_other_keys::ACTION,
    &deactivate_service_credential::ACTION,
    &deactivate_ssh_key::ACTION,
    &deactivate_signing_certificate::ACTION,
    &delete_password::ACTION,
    &remove_mfa_device::ACTION,
    &delete_root_credentials::ACTION,
    &secure_root::ACTION,
    &revoke_user_sessions::ACTION,
    &revoke_role_sessions::ACTION,
    &deny_role_sessions::ACTION,
    &deny_in_permission_set::ACTION,
    &provision_permission_set::ACTION,
    &revoke_oauth_tokens::ACTION,
    &close_trust::ACTION,
    &disable_person::ACTION,
    &fix_identity_provider::ACTION,
    &disable_roles_anywhere::ACTION,
    &replace_instance_profile::ACTION,
    &isolate_instance::ACTION,
    &stop_function::ACTION,
    &stop_task::ACTION,
    &stop_pod::ACTION,
    &verify::ACTION,
    &rotate_access_key::ACTION,
    &reset_password::ACTION,
    &delete_access_key::ACTION,
    &notify_account::ACTION,
];

/// Calls that the program makes, with the permissions that they and the reading of their state take; every
/// other one is for a person, with its command. The file that talks to AWS has one arm for each.
pub const TAKEN_BY_PROGRAM: &[(&str, &str, &[&str])] = &[
    (
        "iam",
        "AddUserToGroup",
        &["iam:AddUserToGroup", "iam:ListGroupsForUser"],
    ),
    (
        "iam",
        "AttachRolePolicy",
        &["iam:AttachRolePolicy", "iam:ListAttachedRolePolicies"],
    ),
    (
        "iam",
        "AttachUserPolicy",
        &["iam:AttachUserPolicy", "iam:ListAttachedUserPolicies"],
    ),
    (
        "iam",
        "DeactivateMFADevice",
        &["iam:DeactivateMFADevice", "iam:ListMFADevices"],
    ),
    (
        "iam",
        "DeleteAccessKey",
        &["iam:DeleteAccessKey", "iam:ListAccessKeys"],
    ),
    (
        "iam",
        "DeleteInstanceProfile",
        &["iam:DeleteInstanceProfile", "iam:GetInstanceProfile"],
    ),
    (
        "iam",
        "DeleteLoginProfile",
        &["iam:DeleteLoginProfile", "iam:GetLoginProfile"],
    ),
    (
        "iam",
        "DeletePolicy",
        &["iam:DeletePolicy", "iam:GetPolicy"],
    ),
    (
        "iam",
        "DeletePolicyVersion",
        &["iam:DeletePolicyVersion", "iam:GetPolicyVersion"],
    ),
    ("iam", "DeleteRole", &["iam:DeleteRole", "iam:GetRole"]),
    (
        "iam",
        "DeleteRolePermissionsBoundary",
        &["iam:DeleteRolePermissionsBoundary", "iam:GetRole"],
    ),
    (
        "iam",
        "DeleteRolePolicy",
        &["iam:DeleteRolePolicy", "iam:GetRolePolicy"],
    ),
    (
        "iam",
        "DeleteSAMLProvider",
        &["iam:DeleteSAMLProvider", "iam:GetSAMLProvider"],
    ),
    ("iam", "DeleteUser", &["iam:DeleteUser", "iam:GetUser"]),
    (
        "iam",
        "DeleteUserPermissionsBoundary",
        &["iam:DeleteUserPermissionsBoundary", "iam:GetUser"],
    ),
    (
        "iam",
        "DeleteUserPolicy",
        &["iam:DeleteUserPolicy", "iam:GetUserPolicy"],
    ),
    (
        "iam",
        "DeleteVirtualMFADevice",
        &["iam:DeleteVirtualMFADevice", "iam:ListVirtualMFADevices"],
    ),
    (
        "iam",
        "DetachRolePolicy",
        &["iam:DetachRolePolicy", "iam:ListAttachedRolePolicies"],
    ),
    (
        "iam",
        "DetachUserPolicy",
        &["iam:DetachUserPolicy", "iam:ListAttachedUserPolicies"],
    ),
    (
        "iam",
        "PutRolePermissionsBoundary",
        &["iam:PutRolePermissionsBoundary", "iam:GetRole"],
    ),
    (
        "iam",
        "PutRolePolicy",
        &["iam:PutRolePolicy", "iam:GetRolePolicy"],
    ),
    (
        "iam",
        "PutUserPermissionsBoundary",
        &["iam:PutUserPermissionsBoundary", "iam:GetUser"],
    ),
    (
        "iam",
        "PutUserPolicy",
        &["iam:PutUserPolicy", "iam:GetUserPolicy"],
    ),
    (
        "iam",
        "RemoveRoleFromInstanceProfile",
        &[
            "iam:RemoveRoleFromInstanceProfile",
            "iam:GetInstanceProfile",
        ],
    ),
    (
        "iam",
        "RemoveUserFromGroup",
        &["iam:RemoveUserFromGroup", "iam:ListGroupsForUser"],
    ),
    (
        "iam",
        "SetDefaultPolicyVersion",
        &["iam:SetDefaultPolicyVersion", "iam:GetPolicy"],
    ),
    (
        "iam",
        "UpdateAccessKey",
        &["iam:UpdateAccessKey", "iam:ListAccessKeys"],
    ),
    (
        "iam",
        "UpdateAssumeRolePolicy",
        &["iam:UpdateAssumeRolePolicy", "iam:GetRole"],
    ),
    (
        "iam",
        "UpdateSSHPublicKey",
        &["iam:UpdateSSHPublicKey", "iam:ListSSHPublicKeys"],
    ),
    (
        "iam",
        "UpdateServiceSpecificCredential",
        &[
            "iam:UpdateServiceSpecificCredential",
            "iam:ListServiceSpecificCredentials",
        ],
    ),
    (
        "iam",
        "UpdateSigningCertificate",
        &[
            "iam:UpdateSigningCertificate",
            "iam:ListSigningCertificates",
        ],
    ),
    (
        "lambda",
        "DeleteFunction",
        &["lambda:DeleteFunction", "lambda:GetFunction"],
    ),
    (
        "lambda",
        "DeleteFunctionConcurrency",
        &[
            "lambda:DeleteFunctionConcurrency",
            "lambda:GetFunctionConcurrency",
        ],
    ),
    (
        "lambda",
        "PutFunctionConcurrency",
        &[
            "lambda:PutFunctionConcurrency",
            "lambda:GetFunctionConcurrency",
        ],
    ),
    (
        "lambda",
        "RemovePermission",
        &["lambda:RemovePermission", "lambda:GetPolicy"],
    ),
    (
        "organizations",
        "AttachPolicy",
        &[
            "organizations:CreatePolicy",
            "organizations:UpdatePolicy",
            "organizations:AttachPolicy",
            "organizations:ListPolicies",
            "organizations:ListTargetsForPolicy",
            "organizations:DescribePolicy",
        ],
    ),
    (
        "organizations",
        "DetachPolicy",
        &[
            "organizations:DetachPolicy",
            "organizations:DeletePolicy",
            "organizations:ListPolicies",
            "organizations:ListTargetsForPolicy",
            "organizations:DescribePolicy",
        ],
    ),
    (
        "rolesanywhere",
        "DeleteProfile",
        &["rolesanywhere:DeleteProfile", "rolesanywhere:GetProfile"],
    ),
    (
        "rolesanywhere",
        "DeleteTrustAnchor",
        &[
            "rolesanywhere:DeleteTrustAnchor",
            "rolesanywhere:GetTrustAnchor",
        ],
    ),
    (
        "rolesanywhere",
        "DisableProfile",
        &["rolesanywhere:DisableProfile", "rolesanywhere:GetProfile"],
    ),
    (
        "rolesanywhere",
        "DisableTrustAnchor",
        &[
            "rolesanywhere:DisableTrustAnchor",
            "rolesanywhere:GetTrustAnchor",
        ],
    ),
    (
        "rolesanywhere",
        "EnableProfile",
        &["rolesanywhere:EnableProfile", "rolesanywhere:GetProfile"],
    ),
    (
        "rolesanywhere",
        "EnableTrustAnchor",
        &[
            "rolesanywhere:EnableTrustAnchor",
            "rolesanywhere:GetTrustAnchor",
        ],
    ),
    (
        "s3api",
        "DeleteBucketPolicy",
        &["s3:DeleteBucketPolicy", "s3:GetBucketPolicy"],
    ),
    (
        "s3api",
        "DeleteObject",
        &["s3:DeleteObject", "s3:GetObject", "s3:ListBucket"],
    ),
    (
        "s3api",
        "PutBucketPolicy",
        &["s3:PutBucketPolicy", "s3:GetBucketPolicy"],
    ),
    (
        "s3api",
        "PutBucketVersioning",
        &["s3:PutBucketVersioning", "s3:GetBucketVersioning"],
    ),
    (
        "s3api",
        "PutPublicAccessBlock",
        &[
            "s3:PutBucketPublicAccessBlock",
            "s3:GetBucketPublicAccessBlock",
        ],
    ),
    (
        "sso-admin",
        "DeleteInlinePolicyFromPermissionSet",
        &[
            "sso:DeleteInlinePolicyFromPermissionSet",
            "sso:GetInlinePolicyForPermissionSet",
            "sso:DescribePermissionSet",
        ],
    ),
    (
        "sso-admin",
        "ProvisionPermissionSet",
        &[
            "sso:ProvisionPermissionSet",
            "sso:DescribePermissionSetProvisioningStatus",
            "sso:ListAccountsForProvisionedPermissionSet",
        ],
    ),
    (
        "sso-admin",
        "PutInlinePolicyToPermissionSet",
        &[
            "sso:PutInlinePolicyToPermissionSet",
            "sso:GetInlinePolicyForPermissionSet",
            "sso:DescribePermissionSet",
        ],
    ),
];

/// Whether a service stands once in a partition, so that no region belongs to its calls.
pub fn is_global(service: &str) -> bool {
    matches!(service, "iam" | "organizations")
}

/// Whether the program makes this call.
pub fn is_taken_by_program(service: &str, operation: &str) -> bool {
    permissions_of(service, operation).is_some()
}

/// The permissions that a call of the program takes.
pub fn permissions_of(service: &str, operation: &str) -> Option<&'static [&'static str]> {
    let mut known = TAKEN_BY_PROGRAM.iter();
    let row = known.find(|row| (row.0, row.1) == (service, operation))?;
    Some(row.2)
}

/// Parameters by name. Names are those of the API in snake case, so that with hyphens they are the options
/// of the AWS command line.
pub fn params<const N: usize>(pairs: [(&str, Value); N]) -> Map<String, Value> {
    pairs
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}
