//! Whose power a credential has: the user, the role or the root that a denial must name.
//!
//! In: a forest. Out: for each credential its owner, because nothing in AWS can be done to a session: it is
//! its user, its role or its account that is changed. Names come from logs, so that one which AWS would not
//! have given out makes the owner unknown.

use keyline_lineage::{Credential, Forest, Kind, Node};
use keyline_trail::arn::Arn;

/// What a credential draws its power from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Owner {
    User {
        account: String,
        name: String,
    },
    Role {
        account: String,
        name: String,
    },
    Root {
        account: String,
    },
    /// A person in Identity Center, by whatever name the logs give.
    Person {
        name: String,
    },
    /// What credentials come from and which is none: a service, a workload, another company's account.
    Outside,
    Unknown,
}

/// Roles that are not changed as others are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoleClass {
    Ordinary,
    /// Belongs to a service: nobody can change it or revoke its sessions.
    ServiceLinked,
    /// Made by Identity Center from a permission set, which is changed instead.
    PermissionSet,
    /// By which a management account enters its members.
    Hub,
}

impl Owner {
    pub fn account(&self) -> &str {
        match self {
            Owner::User { account, .. } | Owner::Role { account, .. } | Owner::Root { account } => {
                account
            }
            Owner::Person { .. } | Owner::Outside | Owner::Unknown => "",
        }
    }

    /// The owner as an ARN without path, for people and for patterns.
    pub fn arn(&self, partition: &str) -> String {
        match self {
            Owner::User { account, name } => format!("arn:{partition}:iam::{account}:user/{name}"),
            Owner::Role { account, name } => format!("arn:{partition}:iam::{account}:role/{name}"),
            Owner::Root { account } => format!("arn:{partition}:iam::{account}:root"),
            Owner::Person { name } => format!("identity-center-user/{name}"),
            Owner::Outside => "outside".to_owned(),
            Owner::Unknown => "unknown".to_owned(),
        }
    }
}

/// The owner of a credential. A session that is only another face of one above it (a call that a service
/// makes in somebody's name, a federated user) has the owner of that one, where its own records do not say.
pub fn owner(forest: &Forest, node: Node, credential: &Credential) -> Owner {
    if matches!(
        credential.kind,
        Kind::Service | Kind::Workload | Kind::External | Kind::FederatedIdentity
    ) {
        return Owner::Outside;
    }
    if let Some(owner) = by_records(credential) {
        return owner;
    }
    let inherits = matches!(
        credential.kind,
        Kind::ForwardAccess
            | Kind::FederationToken
            | Kind::OauthSession
            | Kind::ConsoleSession
            | Kind::SessionToken
    );
    if inherits {
        for above in forest.ancestors(node) {
            if let Some(owner) = by_records(&forest.alone(above)) {
                return owner;
            }
        }
    }
    match credential.kind {
        Kind::Certificate => Owner::Outside,
        _ => Owner::Unknown,
    }
}

/// What kind of role a name or an ARN with its path speaks of.
pub fn role_class(name: &str, role_arn: &str) -> RoleClass {
    if role_arn.contains(":role/aws-service-role/") || name.starts_with("AWSServiceRoleFor") {
        RoleClass::ServiceLinked
    } else if name.starts_with("AWSReservedSSO_") {
        RoleClass::PermissionSet
    } else if matches!(
        name,
        "OrganizationAccountAccessRole" | "AWSControlTowerExecution"
    ) {
        RoleClass::Hub
    } else {
        RoleClass::Ordinary
    }
}

/// The permission set behind a role of Identity Center: `AWSReservedSSO_Name_0123456789abcdef`.
pub fn permission_set_name(role_name: &str) -> Option<&str> {
    let rest = role_name.strip_prefix("AWSReservedSSO_")?;
    let (name, tail) = rest.rsplit_once('_')?;
    let made = tail.len() == 16 && tail.bytes().all(|byte| byte.is_ascii_hexdigit());
    made.then_some(name)
}

/// Whether AWS could have given out this name of a user, a role or a session. Anything else comes from a
/// forged record, and stands in no policy and no command.
pub fn is_aws_name(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte);
    (1..=128).contains(&text.len()) && text.bytes().all(allowed)
}

/// Whether text is an account's number.
pub fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn by_records(credential: &Credential) -> Option<Owner> {
    if credential.kind == Kind::IdentityCenterSession {
        let names = [
            &credential.user_name,
            &credential.session_name,
            &credential.principal_id,
        ];
        let name = names.into_iter().find(|name| !name.is_empty())?;
        return Some(Owner::Person { name: name.clone() });
    }
    if credential.kind == Kind::RootSession {
        return is_account(&credential.account_id).then(|| Owner::Root {
            account: credential.account_id.clone(),
        });
    }
    let arns = [&credential.principal_arn, &credential.role_arn];
    let named = arns.into_iter().find_map(|text| named_by(text));
    named.or_else(|| {
        let user = is_aws_name(&credential.user_name) && is_account(&credential.account_id);
        user.then(|| Owner::User {
            account: credential.account_id.clone(),
            name: credential.user_name.clone(),
        })
    })
}

pub fn named_by(text: &str) -> Option<Owner> {
    let arn = Arn::parse(text)?;
    if !is_account(arn.account) {
        return None;
    }
    let account = arn.account.to_owned();
    let last = |path: &str| {
        let name = path.rsplit('/').next().unwrap_or(path);
        is_aws_name(name).then(|| name.to_owned())
    };
    if let Some((role, _)) = arn.assumed_role() {
        return last(role).map(|name| Owner::Role { account, name });
    }
    if arn.service != "iam" {
        return None;
    }
    if arn.resource == "root" {
        return Some(Owner::Root { account });
    }
    match arn.resource.split_once('/')? {
        ("user", path) => last(path).map(|name| Owner::User { account, name }),
        ("role", path) => last(path).map(|name| Owner::Role { account, name }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn owners_by_arn() {
        let role = |name: &str| Owner::Role {
            account: "111122223333".to_owned(),
            name: name.to_owned(),
        };
        for (arn, owner) in [
            (
                "arn:aws:sts::111122223333:assumed-role/Deploy/ci",
                Some(role("Deploy")),
            ),
            (
                "arn:aws-cn:iam::111122223333:role/a/b/Deploy",
                Some(role("Deploy")),
            ),
            (
                "arn:aws:iam::111122223333:user/team/alice",
                Some(Owner::User {
                    account: "111122223333".to_owned(),
                    name: "alice".to_owned(),
                }),
            ),
            (
                "arn:aws:iam::111122223333:root",
                Some(Owner::Root {
                    account: "111122223333".to_owned(),
                }),
            ),
            ("arn:aws:sts::111122223333:federated-user/alice", None),
            ("arn:aws:iam::111122223333:user/a'; rm -r b", None),
            ("arn:aws:iam::1111:user/alice", None),
        ] {
            assert_eq!(named_by(arn), owner, "{arn}");
        }
    }

    #[test]
    fn roles_that_are_not_like_others() {
        assert_eq!(
            permission_set_name("AWSReservedSSO_Admin_Access_0123456789abcdef"),
            Some("Admin_Access")
        );
        assert_eq!(permission_set_name("AWSReservedSSO_Admin"), None);
        assert_eq!(
            role_class(
                "Own",
                "arn:aws:iam::111122223333:role/aws-service-role/x/Own"
            ),
            RoleClass::ServiceLinked
        );
        assert_eq!(role_class("Deploy", ""), RoleClass::Ordinary);
    }
}
