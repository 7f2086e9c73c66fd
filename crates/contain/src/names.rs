//! What credentials are called in a plan, for people.
//!
//! In: a credential. Out: what it is, whose, and until when. Whoever responds knows access keys, users and
//! roles; the ids of the lineage are for programs. Deliberately not here: escaping, which each shape does in
//! its own way, because names come from logs.

use keyline_lineage::{Credential, Kind};

use crate::owner::Owner;

/// What a credential is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// `access key AKIA… of alice in 111122223333`.
    pub what: String,
    /// When it ends by itself; `None` for what has no end.
    pub until: Option<i64>,
}

/// The name of a credential of an owner.
pub fn named(credential: &Credential, owner: &Owner) -> Named {
    Named {
        what: what(credential, owner),
        until: credential.expires_at,
    }
}

fn what(credential: &Credential, owner: &Owner) -> String {
    let kind = match credential.kind {
        Kind::AccessKey => "access key",
        Kind::SessionToken => "session token",
        Kind::FederationToken => "federation token",
        Kind::RoleSession => "session",
        Kind::ConsoleSession => "console session",
        Kind::RootSession => "session of root",
        Kind::ServiceSession => "session of a service",
        Kind::ForwardAccess => "calls that a service makes",
        Kind::OauthSession => "session of `aws login`",
        Kind::IdentityCenterSession => "portal session",
        Kind::Password => "password",
        Kind::MfaDevice => "MFA device",
        Kind::ServiceCredential => "service credential",
        Kind::SshKey => "SSH key",
        Kind::Certificate => "certificate",
        Kind::FederatedIdentity => "identity",
        Kind::Service => "service",
        Kind::Workload => "workload",
        Kind::External => "outsider",
        Kind::UnknownTemporary => "temporary credential",
    };
    let mut parts = vec![kind.to_owned()];
    let keys = credential.access_key_ids.iter();
    let key = keys
        .chain(&credential.minted_key_id)
        .find(|id| !id.is_empty());
    // A session is known by its name, and its key tells it from others of that name.
    let session = [
        &*credential.session_name,
        &credential.mfa_serial,
        federated_name(credential),
    ];
    let session = session.into_iter().find(|name| !name.is_empty());
    parts.extend(session.or(key.map(String::as_str)).map(str::to_owned));
    match owner {
        Owner::Role { account, name } => parts.push(format!("of role {name} in {account}")),
        Owner::User { account, name } => parts.push(format!("of {name} in {account}")),
        Owner::Root { account } => parts.push(format!("in {account}")),
        Owner::Person { name } => parts.push(format!("of {name}")),
        Owner::Outside | Owner::Unknown => {
            let names = [
                &credential.user_name,
                &credential.principal_arn,
                &credential.principal_id,
            ];
            let named = names.into_iter().find(|name| !name.is_empty());
            let named = named.filter(|name| session != Some(name.as_str()));
            // What comes from outside is nobody's: its name is its own.
            let of = if *owner == Owner::Outside { "" } else { "of " };
            parts.extend(named.map(|name| format!("{of}{name}")));
            if !credential.account_id.is_empty() {
                parts.push(format!("in {}", credential.account_id));
            }
        }
    }
    match (session, key) {
        (Some(_), Some(key)) => parts.push(format!("({key})")),
        // A user has one password; whatever has nothing else to be known by has its id at least.
        (None, None) if parts.len() == 1 => {
            parts.push(format!("({})", credential.id));
        }
        _ => {}
    }
    parts.join(" ")
}

/// The name that a federated user was given.
fn federated_name(credential: &Credential) -> &str {
    let name = credential.principal_arn.split_once(":federated-user/");
    name.map_or("", |(_, name)| name)
}

/// A number with its noun: `1 session`, `2 sessions`.
pub(crate) fn counted(count: usize, one: &str) -> String {
    match count {
        1 => format!("1 {one}"),
        many => format!("{many} {one}s"),
    }
}
