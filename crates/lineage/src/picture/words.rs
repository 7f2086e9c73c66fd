//! What pictures say about a credential: its short name, what it is, its state, its alarms, and how
//! sure its parent is. The terminal, the SVG and the report all take their words from here.
//!
//! In: credentials and verdicts. Out: visible text, neither cut nor escaped for XML.

use std::collections::{HashMap, HashSet};

use crate::credential::{Certainty, Credential, Expiry, Kind, LinkRule};
use crate::liveness::{Liveness, State};
use crate::picture::text::{count, thousands, visible};

/// Letters at the end of a key id that its short form keeps, the second where the first is shared.
const TAILS: [usize; 2] = [4, 8];
/// Letters at the start of an id that its short form keeps: they say what sort of id it is.
const HEAD: usize = 4;

/// The short forms of the key ids of one picture: no two of them look the same.
pub struct Names {
    /// For each short form, the first id that has it, and whether another one does too.
    taken: HashMap<String, (String, bool)>,
}

impl Names {
    pub fn new<'a>(credentials: impl Iterator<Item = &'a Credential>) -> Names {
        let mut taken: HashMap<String, (String, bool)> = HashMap::new();
        let mut seen = HashSet::new();
        for id in credentials.filter_map(key_of).filter(|id| seen.insert(*id)) {
            for tail in TAILS {
                taken
                    .entry(shortened(id, tail))
                    .and_modify(|(_, shared)| *shared = true)
                    .or_insert_with(|| (id.to_owned(), false));
            }
        }
        Names { taken }
    }

    /// `AKIA…7Q2A`, longer where two ids would look the same.
    pub fn short(&self, id: &str) -> String {
        let fitting = TAILS.iter().map(|tail| shortened(id, *tail)).find(|short| {
            self.taken
                .get(short)
                .is_none_or(|(owner, shared)| !shared && owner == id)
        });
        visible(&fitting.unwrap_or_else(|| id.to_owned()))
    }

    /// What a credential is called: its key id, else the sort of thing that it is.
    pub fn name(&self, credential: &Credential) -> String {
        match key_of(credential) {
            Some(key) => self.short(key),
            None => noun(credential).to_owned(),
        }
    }

    /// A credential in the middle of a sentence.
    pub fn mention(&self, credential: &Credential) -> String {
        match key_of(credential) {
            Some(key) => self.short(key),
            None => format!("{} {}", noun(credential), owner(credential))
                .trim_end()
                .to_owned(),
        }
    }
}

/// The id by which a credential is called: the key that was minted, else one that was used.
pub fn key_of(credential: &Credential) -> Option<&str> {
    let first = credential.access_key_ids.first();
    let key = credential.minted_key_id.as_ref().or(first)?;
    (!key.is_empty()).then_some(key.as_str())
}

/// The id to give to a command: a key id where there is one.
pub fn full_id(credential: &Credential) -> &str {
    key_of(credential).unwrap_or(&credential.id)
}

/// `user`, `→ role`, `GetSessionToken`, with the account where it is not the one of the parent,
/// and whether it touches production.
pub fn what(credential: &Credential, parent: Option<&Credential>) -> String {
    let what = what_alone(credential);
    let account = visible(&credential.account_id);
    let moved = parent.is_none_or(|parent| parent.account_id != credential.account_id);
    // The name of these says the account.
    let told = matches!(credential.kind, Kind::External | Kind::RootSession);
    let place = match account.is_empty() || !moved || told {
        true => String::new(),
        false => format!(" in {account}"),
    };
    let keys = match credential.access_key_ids.len() {
        many if many > 1 => format!(" ({many} keys)"),
        _ => String::new(),
    };
    let production = match credential.touches_production {
        true => " · prod",
        false => "",
    };
    format!("{what}{place}{keys}{production}")
        .trim_start()
        .to_owned()
}

fn what_alone(credential: &Credential) -> String {
    let owner = owner(credential);
    let role = role_name(credential);
    match credential.kind {
        Kind::AccessKey if is_root(credential) => "root user".to_owned(),
        // Somebody made it while we looked.
        Kind::AccessKey if credential.parent.is_some() => format!("new key of {owner}"),
        Kind::Password | Kind::SshKey | Kind::Certificate | Kind::ServiceCredential
            if credential.parent.is_some() =>
        {
            format!("newly set for {owner}")
        }
        Kind::AccessKey | Kind::Password | Kind::SshKey | Kind::Certificate => owner,
        Kind::ServiceCredential | Kind::MfaDevice => owner,
        Kind::SessionToken => "GetSessionToken".to_owned(),
        Kind::FederationToken => {
            format!(
                "GetFederationToken {}",
                visible(tail_of(&credential.principal_id))
            )
        }
        Kind::ConsoleSession if role.is_empty() => format!("console {owner}"),
        Kind::ConsoleSession => format!("console → {role}"),
        Kind::RoleSession | Kind::ServiceSession => format!("→ {role}"),
        Kind::RootSession => format!("AssumeRoot → {}", visible(&credential.account_id)),
        Kind::ForwardAccess => format!("forwarded for {owner}"),
        Kind::OauthSession => format!("aws login {owner}"),
        Kind::IdentityCenterSession => owner,
        Kind::UnknownTemporary if role.is_empty() => format!("temporary {owner}"),
        Kind::UnknownTemporary => format!("temporary → {role}"),
        Kind::FederatedIdentity => match tail_of(&credential.principal_arn) {
            "" => owner,
            // The provider that Identity Center puts into every account.
            provider if provider.starts_with("AWSSSO_") => format!("{owner} of Identity Center"),
            provider => format!("{owner} of {}", visible(provider)),
        },
        Kind::External => format!("{} {}", visible(&credential.account_id), owner)
            .trim()
            .to_owned(),
        Kind::Service | Kind::Workload => owner,
    }
}

/// The sort of thing that a credential without a key id is.
fn noun(credential: &Credential) -> &'static str {
    match credential.kind {
        Kind::AccessKey => "access key",
        Kind::SessionToken | Kind::RoleSession | Kind::ServiceSession => "session",
        Kind::FederationToken | Kind::UnknownTemporary => "session",
        Kind::ConsoleSession => "console session",
        Kind::RootSession => "root session",
        Kind::ForwardAccess => "forward access",
        Kind::OauthSession => "OAuth session",
        Kind::IdentityCenterSession => "portal session",
        Kind::Password => "password",
        Kind::MfaDevice => "MFA device",
        Kind::ServiceCredential => "service credential",
        Kind::SshKey => "SSH key",
        Kind::Certificate => "certificate",
        Kind::FederatedIdentity => "identity",
        Kind::Service => "service",
        Kind::Workload => credential.origin.as_ref().map_or("workload", |o| o.kind),
        Kind::External => "external",
    }
}

/// Whose a credential is, by the best name that the records give.
fn owner(credential: &Credential) -> String {
    let origin = credential.origin.as_ref().map_or("", |o| o.id.as_str());
    let arn_end = tail_of(&credential.principal_arn);
    let id_end = tail_of(&credential.principal_id);
    let session = credential.session_name.as_str();
    let candidates = match credential.kind {
        Kind::Workload => [origin, session, arn_end, id_end],
        Kind::MfaDevice => [credential.mfa_serial.as_str(), arn_end, session, id_end],
        Kind::Service => [
            credential.principal_id.as_str(),
            credential.principal_arn.as_str(),
            origin,
            session,
        ],
        Kind::External => [credential.principal_id.as_str(), arn_end, session, ""],
        Kind::FederatedIdentity => [
            credential.user_name.as_str(),
            credential.principal_id.as_str(),
            session,
            arn_end,
        ],
        _ => [credential.user_name.as_str(), session, arn_end, id_end],
    };
    let best = candidates.into_iter().find(|name| !name.is_empty());
    // A function is known by its name, which ends its ARN.
    let best = best.map(|name| match name.starts_with("arn:") {
        true => tail_of(name),
        false => name,
    });
    visible(best.unwrap_or_default())
}

/// The role of a session without its path.
pub fn role_name(credential: &Credential) -> String {
    let role = match credential.role_arn.is_empty() {
        false => tail_of(&credential.role_arn),
        // `arn:aws:sts::111122223333:assumed-role/ROLE/SESSION`
        true => match credential.principal_arn.split_once(":assumed-role/") {
            Some((_, rest)) => rest.split('/').next().unwrap_or_default(),
            None => "",
        },
    };
    // Identity Center's roles are known by their permission sets: `AWSReservedSSO_ReadOnly_0123456789abcdef`.
    let set = role.strip_prefix("AWSReservedSSO_");
    match set.and_then(|set| set.rsplit_once('_')) {
        Some((set, _)) => format!("{} (SSO)", visible(set)),
        None => visible(role),
    }
}

fn is_root(credential: &Credential) -> bool {
    credential.principal_arn.ends_with(":root")
}

/// What stands behind the last `/` or `:`.
fn tail_of(text: &str) -> &str {
    text.rsplit(['/', ':']).next().unwrap_or_default()
}

fn shortened(id: &str, tail: usize) -> String {
    let length = id.chars().count();
    if length <= HEAD + tail + 1 {
        return id.to_owned();
    }
    let head: String = id.chars().take(HEAD).collect();
    let end: String = id.chars().skip(length - tail).collect();
    format!("{head}…{end}")
}

/// `214 calls`, `1 call, failed`, `88 calls, 12 failed`.
pub fn calls_of(events: u64, errors: u64) -> String {
    match (events, errors) {
        (0, _) => "no calls".to_owned(),
        (_, 0) => count(events, "call"),
        (1, _) => "1 call, failed".to_owned(),
        (_, errors) if errors >= events => format!("{}, all failed", count(events, "call")),
        _ => format!("{}, {} failed", count(events, "call"), thousands(errors)),
    }
}

/// The state of a credential and until when it holds. `still` is said of one that should not work,
/// `clock` writes an instant.
pub fn state(
    credential: &Credential,
    liveness: &Liveness,
    still: Still,
    clock: &dyn Fn(i64) -> String,
) -> String {
    if !credential.kind.is_usable() {
        return String::new();
    }
    let until = liveness.until.map(clock);
    let at = |word: &str| match &until {
        Some(until) => format!("{word} {until}"),
        None => word.to_owned(),
    };
    let valid = match still {
        Still::Works => "still valid",
        Still::Unremarkable => "valid",
    };
    match (liveness.state, &until) {
        (State::Active, Some(until)) => format!("{valid} until {until}"),
        (State::Active, None) if still == Still::Works => "still active".to_owned(),
        (State::Active, None) => "active".to_owned(),
        (State::PossiblyActive, Some(until)) => format!("may work until {until}"),
        (State::PossiblyActive, None) => "may work".to_owned(),
        (State::RevocationPending, _) => format!("{}, may work", at("off since")),
        (State::Expired, _) if credential.expiry == Expiry::Bounded => at("expired by"),
        (State::Expired, _) => at("expired"),
        (State::Revoked, _) => at("revoked"),
        // Before it is issued nothing was done to it, and there is no instant.
        (State::Inactive, None) => "not yet issued".to_owned(),
        (State::Inactive, _) => at("deactivated"),
        (State::Deleted, _) => at("deleted"),
    }
}

/// Whether it is a surprise that a credential works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Still {
    Works,
    Unremarkable,
}

/// Something about a credential that a responder must not miss.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Alarm {
    UsedAfterRevocation,
    /// It works, and was issued soon after older sessions like it were revoked: the door may still be open.
    IssuedAfterRevocation,
    /// It works, and the one that minted it was switched off or revoked.
    ParentIsOff,
    /// The same, and those between have expired by themselves.
    AncestorIsOff {
        name: String,
    },
    /// A long-term key that its owner's other credentials made.
    BackupKey,
    /// Minted in the same second as a sibling that was used.
    NeverUsed,
    Alerts(u64),
}

impl Alarm {
    /// A clause that stands behind an arrow.
    pub fn words(&self) -> String {
        match self {
            Alarm::UsedAfterRevocation => "used after revocation".to_owned(),
            Alarm::IssuedAfterRevocation => "taken after older sessions were revoked".to_owned(),
            Alarm::ParentIsOff => "works although its parent is off".to_owned(),
            Alarm::AncestorIsOff { name } => format!("works although {name} is off"),
            Alarm::BackupKey => "backup key".to_owned(),
            Alarm::NeverUsed => "never used".to_owned(),
            Alarm::Alerts(number) => count(*number, "alert"),
        }
    }
}

/// Whether chains begin with it: that nobody saw it made is the ordinary case, and nothing to say.
pub fn is_beginning(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::AccessKey
            | Kind::Password
            | Kind::MfaDevice
            | Kind::SshKey
            | Kind::ServiceCredential
            | Kind::Certificate
    ) || !kind.is_usable()
}

/// What is uncertain about where a credential came from, in a few words.
pub fn doubt(credential: &Credential) -> Option<String> {
    if let Some(parent) = &credential.parent {
        return match parent.candidates.len() {
            many if many > 1 => Some(format!("1 of {many} candidates")),
            _ if parent.certainty == Certainty::Ambiguous => Some("parent uncertain".to_owned()),
            _ => None,
        };
    }
    let why = credential.parent_unknown_because?;
    if is_beginning(credential.kind) {
        return None;
    }
    Some(format!("parent unknown: {}", clause(why)))
}

/// A reason without the word for programs before it: `mint_not_observed: …`.
pub fn clause(why: &str) -> String {
    let is_word = |word: &str| {
        word.bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte == b'_')
    };
    match why.split_once(": ") {
        Some((word, clause)) if is_word(word) => visible(clause),
        _ => visible(why),
    }
}

/// How sure the parent is, as a clause: `recorded`, `inferred`, `one of 2 candidates`.
pub fn sureness(credential: &Credential) -> String {
    let Some(parent) = &credential.parent else {
        return match credential.parent_unknown_because {
            Some(_) => "unknown".to_owned(),
            None => "none: a beginning".to_owned(),
        };
    };
    let percent = (parent.confidence * 100.0).round();
    match parent.certainty {
        Certainty::Exact => "recorded".to_owned(),
        Certainty::Inferred => format!("inferred, {percent} % sure"),
        Certainty::Ambiguous => format!(
            "one of {} candidates, {percent} % sure",
            parent.candidates.len().max(2)
        ),
    }
}

/// Why the parent is taken for the parent, or why none is known.
pub fn because(credential: &Credential) -> String {
    let Some(parent) = &credential.parent else {
        return clause(credential.parent_unknown_because.unwrap_or_default());
    };
    let text = match parent.rule {
        LinkRule::AccessKeyId => "the call that minted it was made with this key",
        LinkRule::PrincipalAndCreationDate => "same principal, issued in that second",
        LinkRule::FederatedUser => "same federated user, issued in that second",
        LinkRule::ConsoleLogin => "the console sign-in of that second",
        LinkRule::ForwardAccess => "a service called with the caller's permissions",
        LinkRule::SharedEvent => "both accounts logged the same event",
        LinkRule::Service => "a service minted it",
        LinkRule::SelfManagedKey => "a call made with the parent created it",
        LinkRule::External => "the caller is outside these logs",
    };
    text.to_owned()
}

/// Credentials about which there is nothing to say, by what they have in common.
pub fn likeness(credential: &Credential) -> (Kind, String) {
    let common = match credential.kind {
        Kind::Workload => credential
            .origin
            .as_ref()
            .map_or_else(String::new, |origin| origin.kind.to_owned()),
        _ => role_name(credential),
    };
    (credential.kind, common)
}

/// `sessions of role X`, `access keys`: the members of a folded row.
pub fn plural(kind: Kind, common: &str) -> String {
    let nouns = match kind {
        Kind::AccessKey => "access keys",
        Kind::ConsoleSession => "console sessions",
        Kind::Password => "passwords",
        Kind::MfaDevice => "MFA devices",
        Kind::ServiceCredential => "service credentials",
        Kind::SshKey => "SSH keys",
        Kind::Certificate => "certificates",
        Kind::FederatedIdentity => "federated identities",
        Kind::Service => "services",
        Kind::Workload => "workloads",
        Kind::External => "external principals",
        Kind::ForwardAccess => "forward accesses",
        Kind::SessionToken => "GetSessionToken sessions",
        Kind::FederationToken => "GetFederationToken sessions",
        Kind::RootSession => "AssumeRoot sessions",
        Kind::OauthSession => "OAuth sessions",
        Kind::IdentityCenterSession => "portal sessions",
        Kind::RoleSession | Kind::ServiceSession | Kind::UnknownTemporary => "sessions",
    };
    match (kind, common) {
        (_, "") => nouns.to_owned(),
        (Kind::Workload, kind) => format!("{nouns} ({kind})"),
        (_, role) => format!("{nouns} of role {role}"),
    }
}
