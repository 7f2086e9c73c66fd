//! Which permissions a plan takes, and which the roles of a responder have.
//!
//! In: steps, or the name of a role. Out: IAM policy documents. A plan's document names the users and roles
//! that it changes and nothing else; a responder's role is broader, because it stands ready before anybody
//! knows what happens, and so its document says what it must never touch. Which role makes which call is one
//! function here, so that no call of a plan is without a role.

use std::collections::{BTreeMap, BTreeSet};

use keyline_trail::partition::Partition;
use serde_json::{Value, json};

use crate::action::{self, Execution, Responder};
use crate::guard::protected_by;
use crate::plan::{Phase, Step};
use crate::undo_map;

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
    let mut actions: BTreeSet<String> = BTreeSet::new();
    // What a person does afterwards, when nothing burns, is no business of a responder's role.
    let in_haste = |known: &&&action::Action| {
        known.phase != Phase::Afterwards || known.execution == Execution::Program
    };
    let of_role = action::ALL
        .iter()
        .filter(|known| known.responder == responder);
    for known in of_role.filter(in_haste) {
        actions.extend(known.requires.iter().map(|name| (*name).to_owned()));
    }
    for (service, operation) in calls() {
        if responders_of(service, operation).contains(&responder) {
            actions.extend(permissions_of_call(service, operation));
        }
    }
    actions.extend(
        beside_the_actions(responder)
            .iter()
            .map(|name| (*name).to_owned()),
    );
    let narrowed = narrowed(responder, partition);
    for (names, _) in &narrowed {
        for name in *names {
            actions.remove(*name);
        }
    }
    // Who takes a permission for a thing of another sort is refused: each stands with its own.
    let mut by_sort: BTreeMap<Sort, BTreeSet<&str>> = BTreeMap::new();
    for name in &actions {
        by_sort.entry(sort_of(name)).or_default().insert(name);
    }
    let mut statements: Vec<Value> = by_sort
        .into_iter()
        .map(|(sort, names)| {
            let resource = sort.all(partition);
            json!({"Effect": "Allow", "Action": names, "Resource": resource})
        })
        .collect();
    for (names, condition) in narrowed {
        let sorts: BTreeSet<Sort> = names.iter().map(|name| sort_of(name)).collect();
        let resources: Vec<String> = sorts.iter().map(|sort| sort.all(partition)).collect();
        statements.push(json!({
            "Effect": "Allow",
            "Action": names,
            "Resource": resources,
            "Condition": condition,
        }));
    }
    // Whoever is named by a session is protected with the session's role.
    let named = own.iter().chain(break_glass);
    let never: BTreeSet<String> = named.filter_map(|arn| protected_by(arn)).collect();
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

/// Every call of a plan that a responder's role must be able to make: those of the program, and those of the
/// undo map at the same services, which a person makes.
pub fn calls() -> BTreeSet<(&'static str, &'static str)> {
    let by_program = action::TAKEN_BY_PROGRAM.iter().map(|row| (row.0, row.1));
    let services: BTreeSet<&str> = by_program.clone().map(|(service, _)| service).collect();
    let of_map = undo_map::ROWS.iter().flat_map(|row| {
        let calls = row.calls.iter().chain(&row.otherwise);
        calls.map(|call| (call.service, call.operation))
    });
    let reads = |operation: &str| {
        ["Get", "List", "Describe"]
            .iter()
            .any(|verb| operation.starts_with(verb))
    };
    let of_map =
        of_map.filter(|(service, operation)| services.contains(service) && !reads(operation));
    by_program.chain(of_map).collect()
}

/// The permissions of a call, those of reading its state among them.
pub fn permissions_of_call(service: &str, operation: &str) -> Vec<String> {
    match action::permissions_of(service, operation) {
        Some(known) => known.iter().map(|name| (*name).to_owned()).collect(),
        None => {
            let service = match service {
                "s3api" => "s3",
                "sso-admin" => "sso",
                other => other,
            };
            vec![format!("{service}:{operation}")]
        }
    }
}

/// Who makes a call. What stops somebody in haste is for the containing roles; what deletes, and what gives
/// and takes other policies than denials, for the one that is given out last.
pub fn responders_of(service: &str, operation: &str) -> Vec<Responder> {
    let deletes = operation.starts_with("Delete");
    match (service, operation) {
        ("organizations" | "sso-admin", _) => vec![Responder::Organisation],
        ("lambda", "DeleteFunctionConcurrency") | ("s3api", "DeleteBucketPolicy") => {
            vec![Responder::ContainWorkload]
        }
        ("lambda" | "rolesanywhere" | "s3api", _) if !deletes => vec![Responder::ContainWorkload],
        // With AWS's policy of denial only in the one role, with any in the other.
        (
            "iam",
            "AttachRolePolicy"
            | "AttachUserPolicy"
            | "DetachRolePolicy"
            | "DetachUserPolicy"
            | "PutRolePermissionsBoundary"
            | "PutUserPermissionsBoundary"
            | "DeleteRolePermissionsBoundary"
            | "DeleteUserPermissionsBoundary"
            | "DeleteVirtualMFADevice",
        ) => vec![Responder::ContainIam, Responder::Eradicate],
        (
            "iam",
            "DeactivateMFADevice"
            | "DeleteLoginProfile"
            | "DeleteRolePolicy"
            | "DeleteUserPolicy"
            | "PutRolePolicy"
            | "PutUserPolicy"
            | "UpdateAccessKey"
            | "UpdateAssumeRolePolicy"
            | "UpdateSSHPublicKey"
            | "UpdateServiceSpecificCredential"
            | "UpdateSigningCertificate",
        ) => vec![Responder::ContainIam],
        _ => vec![Responder::Eradicate],
    }
}

/// What a permission is asked for: AWS refuses one that is allowed for another sort of thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Sort {
    User,
    Role,
    Group,
    InstanceProfile,
    Policy,
    SamlProvider,
    OidcProvider,
    Mfa,
    Function,
    Layer,
    TrustAnchor,
    Profile,
    Bucket,
    Object,
    /// Nothing in particular, or more than one sort.
    Anything,
}

fn sort_of(permission: &str) -> Sort {
    let Some((service, operation)) = permission.split_once(':') else {
        return Sort::Anything;
    };
    let has = |words: &[&str]| words.iter().any(|word| operation.contains(word));
    match service {
        _ if operation.contains('*') => Sort::Anything,
        "iam" => match operation {
            // Lists of everything there is are asked for no thing in particular.
            "ListOpenIDConnectProviders" | "ListSAMLProviders" | "ListVirtualMFADevices" => {
                Sort::Anything
            }
            "DeleteVirtualMFADevice" => Sort::Mfa,
            "AddUserToGroup" | "RemoveUserFromGroup" => Sort::Group,
            "DeletePolicy"
            | "DeletePolicyVersion"
            | "GetPolicy"
            | "GetPolicyVersion"
            | "ListPolicyVersions"
            | "SetDefaultPolicyVersion" => Sort::Policy,
            "DeleteInstanceProfile" | "GetInstanceProfile" | "RemoveRoleFromInstanceProfile" => {
                Sort::InstanceProfile
            }
            _ if has(&["SAMLProvider"]) => Sort::SamlProvider,
            _ if has(&["OpenIDConnectProvider"]) => Sort::OidcProvider,
            _ if has(&["Role"]) => Sort::Role,
            _ if has(&[
                "AccessKey",
                "LoginProfile",
                "MFADevice",
                "SSHPublicKey",
                "ServiceSpecificCredential",
                "SigningCertificate",
                "User",
            ]) =>
            {
                Sort::User
            }
            _ if has(&["Group"]) => Sort::Group,
            _ => Sort::Anything,
        },
        "lambda" => match operation {
            _ if has(&["EventSourceMapping"]) => Sort::Anything,
            _ if has(&["Layer"]) => Sort::Layer,
            _ => Sort::Function,
        },
        "rolesanywhere" if operation.starts_with("List") => Sort::Anything,
        "rolesanywhere" if has(&["TrustAnchor"]) => Sort::TrustAnchor,
        "rolesanywhere" => Sort::Profile,
        "s3" if has(&["Object"]) => Sort::Object,
        "s3" => Sort::Bucket,
        _ => Sort::Anything,
    }
}

impl Sort {
    /// All things of the sort, in every account.
    fn all(self, partition: &str) -> String {
        self.arn(partition, "*", "*", "*")
    }

    fn arn(self, partition: &str, region: &str, account: &str, name: &str) -> String {
        let iam = |kind: &str| format!("arn:{partition}:iam::{account}:{kind}/{name}");
        let of = |service: &str, kind: &str| {
            format!("arn:{partition}:{service}:{region}:{account}:{kind}{name}")
        };
        match self {
            Sort::User => iam("user"),
            Sort::Role => iam("role"),
            Sort::Group => iam("group"),
            Sort::InstanceProfile => iam("instance-profile"),
            Sort::Policy => iam("policy"),
            Sort::SamlProvider => iam("saml-provider"),
            Sort::OidcProvider => iam("oidc-provider"),
            Sort::Mfa => iam("mfa"),
            Sort::Function => of("lambda", "function:"),
            Sort::Layer => of("lambda", "layer:"),
            Sort::TrustAnchor => of("rolesanywhere", "trust-anchor/"),
            Sort::Profile => of("rolesanywhere", "profile/"),
            Sort::Bucket => format!("arn:{partition}:s3:::{name}"),
            Sort::Object if name == "*" => format!("arn:{partition}:s3:::*/*"),
            Sort::Object => format!("arn:{partition}:s3:::{name}"),
            Sort::Anything => "*".to_owned(),
        }
    }

    /// The parameters that name a thing of the sort; the first is its name or its ARN.
    fn named_by(self) -> &'static [&'static str] {
        match self {
            Sort::User => &["user_name"],
            Sort::Role => &["role_name"],
            Sort::Group => &["group_name"],
            Sort::InstanceProfile => &["instance_profile_name"],
            Sort::Policy => &["policy_arn"],
            Sort::SamlProvider => &["saml_provider_arn"],
            Sort::OidcProvider => &["open_id_connect_provider_arn"],
            Sort::Mfa => &["serial_number"],
            Sort::Function => &["function_name"],
            Sort::Layer => &["layer_name"],
            Sort::TrustAnchor => &["trust_anchor_id"],
            Sort::Profile => &["profile_id"],
            Sort::Bucket => &["bucket"],
            Sort::Object => &["bucket", "key"],
            Sort::Anything => &[],
        }
    }
}

/// A name in a policy, where the stars and variables of a log stand for themselves.
fn literal(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for letter in name.chars() {
        match letter {
            '*' | '?' | '$' => out.push_str(&format!("${{{letter}}}")),
            letter => out.push(letter),
        }
    }
    out
}

/// What a role needs besides the calls of plans: reading, and what a person does at other services.
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
        Responder::ContainIam | Responder::Eradicate => &[],
        Responder::ContainWorkload => &[
            "ec2:CreateTags",
            "ec2:ReplaceIamInstanceProfileAssociation",
            "ec2:StopInstances",
            "ec2:CreateSecurityGroup",
            "ec2:RevokeSecurityGroupIngress",
            "ec2:RevokeSecurityGroupEgress",
        ],
        Responder::Organisation => &[],
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

/// What a permission of a step reaches: what the step names, a user or a role without and with a path.
fn resources(step: &Step, permission: &str) -> BTreeSet<String> {
    let partition = Partition::of_region(&step.region).name();
    let sort = sort_of(permission);
    let named: Option<Vec<&str>> = sort
        .named_by()
        .iter()
        .map(|name| step.params.get(*name)?.as_str())
        .collect();
    let Some(named) = named.filter(|named| !named.is_empty()) else {
        return BTreeSet::from(["*".to_owned()]);
    };
    let name = literal(&named.join("/"));
    if name.starts_with("arn:") {
        return BTreeSet::from([name]);
    }
    let region = literal(&step.region);
    let arn = |name: &str| sort.arn(partition, &region, &literal(&step.account), name);
    match sort {
        Sort::User | Sort::Role | Sort::Group | Sort::InstanceProfile => {
            BTreeSet::from([arn(&name), arn(&format!("*/{name}"))])
        }
        _ => BTreeSet::from([arn(&name)]),
    }
}
