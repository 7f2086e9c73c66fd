//! `userIdentity` of whoever acts on a stage.
//!
//! In: a credential and the key that signs. Out: JSON, in the form of records of version 1.11.
//! Deliberately not here: the rest of the record.

use super::Stage;
use super::cast::{Cred, Who};
use crate::clock;

impl Stage {
    /// The holder of a credential, signing with `key`; `through` is the service that acts for it.
    pub(super) fn identity(&self, cred: Cred, key: &str, created: i64, through: &str) -> String {
        let partition = self.partition.name;
        let card = &self.cards[cred.0];
        let principal = self.principal_id(&card.who);
        let mut out = match &card.who {
            Who::User(user) | Who::UserSession { user, .. } => {
                let name = &self.users[user.0].name;
                let arn = self.user_arn(*user);
                let account = self.id_of(self.users[user.0].account);
                let mut out = format!(
                    "{{\"type\":\"IAMUser\",\"principalId\":\"{principal}\",\"arn\":\"{arn}\",\
                     \"accountId\":\"{account}\"{},\"userName\":\"{name}\"",
                    signed(key)
                );
                if let Who::UserSession { mfa, .. } = card.who {
                    out.push_str(&format!(
                        ",\"sessionContext\":{{{}}}",
                        attributes(created, mfa)
                    ));
                } else if !through.is_empty() {
                    // A service acts under a session of its own making.
                    out.push_str(&format!(
                        ",\"sessionContext\":{{{}}}",
                        attributes(created, false)
                    ));
                }
                out
            }
            Who::Federated { user, name } => {
                let issuer = &self.users[user.0];
                let account = self.id_of(issuer.account);
                format!(
                    "{{\"type\":\"FederatedUser\",\"principalId\":\"{principal}\",\
                     \"arn\":\"arn:{partition}:sts::{account}:federated-user/{name}\",\
                     \"accountId\":\"{account}\"{},\"sessionContext\":{{\"sessionIssuer\":\
                     {{\"type\":\"IAMUser\",\"principalId\":\"{}\",\"arn\":\"{}\",\
                     \"accountId\":\"{account}\",\"userName\":\"{}\"}},{}}}",
                    signed(key),
                    issuer.id,
                    self.user_arn(*user),
                    issuer.name,
                    attributes(created, false)
                )
            }
            Who::RoleSession(session) => {
                let role = &self.roles[session.role.0];
                let account = self.id_of(role.account);
                let web = if session.provider.is_empty() {
                    String::new()
                } else {
                    format!(
                        ",\"webIdFederationData\":{{\"federatedProvider\":\"{}\",\"attributes\":{{}}}}",
                        session.provider
                    )
                };
                let source_identity = if session.source_identity.is_empty() {
                    String::new()
                } else {
                    format!(",\"sourceIdentity\":\"{}\"", session.source_identity)
                };
                format!(
                    "{{\"type\":\"AssumedRole\",\"principalId\":\"{principal}\",\"arn\":\"{}\",\
                     \"accountId\":\"{account}\"{},\"sessionContext\":{{\"sessionIssuer\":\
                     {{\"type\":\"Role\",\"principalId\":\"{}\",\"arn\":\"{}\",\
                     \"accountId\":\"{account}\",\"userName\":\"{}\"}}{web},{}{source_identity}{}}}{}",
                    self.session_arn(session.role, &session.name),
                    signed(key),
                    role.id,
                    self.role_arn(session.role),
                    role.name,
                    attributes(created, session.mfa),
                    session.context,
                    session.beside
                )
            }
            Who::Root(account) => {
                let account = self.id_of(*account);
                format!(
                    "{{\"type\":\"Root\",\"principalId\":\"{principal}\",\
                     \"arn\":\"arn:{partition}:iam::{account}:root\",\"accountId\":\"{account}\"{},\
                     \"sessionContext\":{{{}}}",
                    signed(key),
                    attributes(created, false)
                )
            }
            Who::Unsigned => panic!("a source of credentials has no identity of its own"),
        };
        if !through.is_empty() {
            out.push_str(&format!(",\"invokedBy\":\"{through}\""));
        }
        out.push('}');
        out
    }

    /// The same caller as the owner of a role in another account sees it.
    pub(super) fn identity_abroad(&self, cred: Cred) -> String {
        let principal = self.principal_id(&self.cards[cred.0].who);
        let account = self.id_of(self.account_of(cred));
        format!(
            "{{\"type\":\"AWSAccount\",\"principalId\":\"{principal}\",\"accountId\":\"{account}\"}}"
        )
    }
}

/// The member that names the key, or nothing where a record has none.
fn signed(key: &str) -> String {
    if key.is_empty() {
        String::new()
    } else {
        format!(",\"accessKeyId\":\"{key}\"")
    }
}

fn attributes(created: i64, mfa: bool) -> String {
    let mut out = String::from("\"attributes\":{\"creationDate\":\"");
    clock::iso(created, &mut out);
    out.push_str("\",\"mfaAuthenticated\":\"");
    out.push_str(if mfa { "true" } else { "false" });
    out.push_str("\"}");
    out
}
