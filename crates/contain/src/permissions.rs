//! Which permissions a plan takes, and which the roles of a responder have.
//!
//! In: steps, or the name of a role. Out: IAM policy documents. A plan's document names the users and roles
//! that it changes and nothing else; a responder's role is broader, because it stands ready before anybody
//! knows what happens, and so its document says what it must never touch.

use std::collections::{BTreeMap, BTreeSet};

use keyline_trail::partition::Partition;
use serde_json::{Value, json};

use crate::action::{self, Execution, Responder};
use crate::plan::{Phase, Step};

/// The policy that the steps of the program need, in all accounts together.
pub fn of_steps(steps: &[Step]) -> Value {
    let mut by_resources: BTreeMap<(BTreeSet<String>, String), BTreeSet<&str>> = BTreeMap::new();
    for step in steps.iter().filter(|step| !step.by_hand) {
        let partition = Partition::of_region(&step.region).name();
        // What takes the place of a denial without room is allowed with AWS's own policy of denial only.
        let narrowed = match step.kind.as_str() {
            "deny-all-on-user" | "deny-all-on-role" => narrowed(Responder::ContainIam, partition),
            _ => Vec::new(),
        };
        for permission in &step.requires {
            let condition = narrowed
                .iter()
                .find(|(names, _)| names.contains(&permission.as_str()));
            let condition = condition.map_or_else(String::new, |(_, only)| only.to_string());
            let key = (resources(step, permission), condition);
            by_resources.entry(key).or_default().insert(permission);
        }
    }
    let statements: Vec<Value> = by_resources
        .into_iter()
        .map(|((resources, condition), actions)| {
            let mut statement =
                json!({"Effect": "Allow", "Action": actions, "Resource": resources});
            if let Ok(condition) = serde_json::from_str::<Value>(&condition) {
                statement["Condition"] = condition;
            }
            statement
        })
        .collect();
    json!({"Version": "2012-10-17", "Statement": statements})
}

/// The policy of one of the responder's roles: `own` and `break_glass` are ARNs that it is explicitly denied
/// to change. IAM has no condition on what an inline policy says, so that whoever may put policies could give
/// itself everything: the containing roles belong behind MFA, given out for the hour and watched.
pub fn of_responder(
    responder: Responder,
    partition: Partition,
    own: &[String],
    break_glass: &[String],
) -> Value {
    let partition = partition.name();
    let mut actions: BTreeSet<&str> = BTreeSet::new();
    // What a person does afterwards, when nothing burns, is no business of a responder's role.
    let in_haste = |known: &&&action::Action| {
        known.phase != Phase::Afterwards || known.execution == Execution::Program
    };
    let of_role = action::ALL
        .iter()
        .filter(|known| known.responder == responder);
    for known in of_role.filter(in_haste) {
        actions.extend(known.requires);
        let of_call = action::permissions_of(known.service, known.operation);
        actions.extend(of_call.unwrap_or_default());
    }
    actions.extend(beside_the_actions(responder));
    let narrowed = narrowed(responder, partition);
    for (names, _) in &narrowed {
        for name in *names {
            actions.remove(name);
        }
    }
    let resource = match responder {
        Responder::ContainIam | Responder::Eradicate => json!([
            format!("arn:{partition}:iam::*:user/*"),
            format!("arn:{partition}:iam::*:role/*"),
            format!("arn:{partition}:iam::*:mfa/*"),
        ]),
        _ => json!("*"),
    };
    let mut statements = vec![json!({"Effect": "Allow", "Action": actions, "Resource": resource})];
    for (names, condition) in narrowed {
        statements.push(json!({
            "Effect": "Allow",
            "Action": names,
            "Resource": resource,
            "Condition": condition,
        }));
    }
    let never: BTreeSet<&String> = own.iter().chain(break_glass).collect();
    if !never.is_empty() && responder != Responder::Collect {
        statements.push(json!({"Effect": "Deny", "Action": "iam:*", "Resource": never}));
    }
    json!({"Version": "2012-10-17", "Statement": statements})
}

/// The responder's roles by name, in the order of what they can break.
pub const RESPONDERS: [(&str, Responder); 5] = [
    ("collect", Responder::Collect),
    ("contain-iam", Responder::ContainIam),
    ("contain-workload", Responder::ContainWorkload),
    ("org", Responder::Organisation),
    ("eradicate", Responder::Eradicate),
];

/// What a role needs besides the calls of its actions: the calls of undoing, and reading.
fn beside_the_actions(responder: Responder) -> &'static [&'static str] {
    match responder {
        Responder::Collect => &[
            "iam:Get*",
            "iam:List*",
            "iam:GenerateCredentialReport",
            "sts:GetCallerIdentity",
            "cloudtrail:LookupEvents",
            "cloudtrail:GetTrail",
            "cloudtrail:GetEventSelectors",
            "cloudtrail:ListPublicKeys",
            "ec2:Describe*",
            "lambda:Get*",
            "lambda:List*",
            "organizations:Describe*",
            "organizations:List*",
            "rolesanywhere:Get*",
            "rolesanywhere:List*",
            "s3:GetBucket*",
            "sso:Describe*",
            "sso:Get*",
            "sso:List*",
        ],
        Responder::ContainIam => &[
            "iam:DeleteRolePolicy",
            "iam:DeleteUserPolicy",
            "iam:DetachRolePolicy",
            "iam:DetachUserPolicy",
            "iam:DeleteRolePermissionsBoundary",
            "iam:DeleteUserPermissionsBoundary",
            "iam:DeleteVirtualMFADevice",
        ],
        Responder::ContainWorkload => &[
            "ec2:CreateTags",
            "ec2:ReplaceIamInstanceProfileAssociation",
            "ec2:StopInstances",
            "ec2:CreateSecurityGroup",
            "ec2:RevokeSecurityGroupIngress",
            "ec2:RevokeSecurityGroupEgress",
            "lambda:DeleteFunctionConcurrency",
            "lambda:UpdateEventSourceMapping",
            "lambda:RemovePermission",
            "lambda:DeleteFunctionUrlConfig",
            "rolesanywhere:DisableProfile",
            "rolesanywhere:DisableTrustAnchor",
            "s3:PutBucketPolicy",
            "s3:DeleteBucketPolicy",
            "s3:PutBucketPublicAccessBlock",
            "s3:PutBucketVersioning",
        ],
        Responder::Organisation => &[
            "organizations:UpdatePolicy",
            "organizations:DetachPolicy",
            "sso:DeleteInlinePolicyFromPermissionSet",
            "sso:DeleteAccountAssignment",
        ],
        Responder::Eradicate => &[
            "iam:DeleteRole",
            "iam:DeleteUser",
            "iam:DeletePolicy",
            "iam:DetachRolePolicy",
            "iam:DetachUserPolicy",
        ],
    }
}

/// Calls that are allowed with AWS's own policy of denial only.
fn narrowed(responder: Responder, partition: &str) -> Vec<(&'static [&'static str], Value)> {
    if responder != Responder::ContainIam {
        return Vec::new();
    }
    let deny_all = format!("arn:{partition}:iam::aws:policy/AWSDenyAll");
    vec![
        (
            &[
                "iam:AttachRolePolicy",
                "iam:AttachUserPolicy",
                "iam:DetachRolePolicy",
                "iam:DetachUserPolicy",
            ],
            json!({"ArnEquals": {"iam:PolicyARN": deny_all}}),
        ),
        (
            &[
                "iam:PutUserPermissionsBoundary",
                "iam:DeleteRolePermissionsBoundary",
                "iam:DeleteUserPermissionsBoundary",
                "iam:PutRolePermissionsBoundary",
            ],
            json!({"StringEquals": {"iam:PermissionsBoundary": deny_all}}),
        ),
    ]
}

/// What a permission of a step reaches: a user or a role without and with a path, else everything.
fn resources(step: &Step, permission: &str) -> BTreeSet<String> {
    let partition = Partition::of_region(&step.region).name();
    let named = |kind: &str, name: &Value| -> BTreeSet<String> {
        let name = name.as_str().unwrap_or("*");
        let start = format!("arn:{partition}:iam::{}:{kind}", step.account);
        BTreeSet::from([format!("{start}/{name}"), format!("{start}/*/{name}")])
    };
    if !permission.starts_with("iam:") {
        return BTreeSet::from(["*".to_owned()]);
    }
    if let Some(user) = step.params.get("user_name") {
        named("user", user)
    } else if let Some(role) = step.params.get("role_name") {
        named("role", role)
    } else {
        BTreeSet::from(["*".to_owned()])
    }
}
