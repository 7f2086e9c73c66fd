//! Who makes calls, and with what: the caller of an event as its record shows it.
//!
//! A sighting is all calls under one access key of one session. Several may turn out to be one credential,
//! which is decided when the forest is built. Calls that a service makes on somebody's behalf have keys and
//! creation times of their own and are no credentials: they are added up by principal.

use std::ops::RangeInclusive;

use keyline_trail::access_key::{IdKind, id_kind};
use keyline_trail::partition::service_name;
use xxhash_rust::xxh3::xxh3_64;

use crate::limits::FORWARDED_KEPT;
use crate::strings::{Strings, Text};
use crate::usage::{ALWAYS, NEVER, Usage};

/// What tells one sighting from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Who {
    /// `userIdentity.accountId` as it stands, since the key of a session is made from it.
    pub account: Text,
    pub principal: Text,
    pub key: Text,
    /// The sign-in session, or the bearer token where no key signs.
    pub bearer: Text,
    /// `NEVER` without a session.
    pub created: i64,
}

impl Who {
    pub(crate) const NOBODY: Who = Who {
        account: Text::EMPTY,
        principal: Text::EMPTY,
        key: Text::EMPTY,
        bearer: Text::EMPTY,
        created: NEVER,
    };
}

/// The types of callers that differ for lineage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum CallerType {
    IamUser,
    Root,
    AssumedRole,
    FederatedUser,
    IdentityCenterUser,
    Service,
    Account,
    SamlUser,
    WebIdentityUser,
    Other,
}

impl CallerType {
    pub(crate) fn of(name: &str) -> CallerType {
        match name {
            "IAMUser" => CallerType::IamUser,
            "Root" => CallerType::Root,
            "AssumedRole" | "Role" => CallerType::AssumedRole,
            "FederatedUser" => CallerType::FederatedUser,
            "IdentityCenterUser" => CallerType::IdentityCenterUser,
            "AWSService" => CallerType::Service,
            "AWSAccount" => CallerType::Account,
            "SAMLUser" => CallerType::SamlUser,
            "WebIdentityUser" => CallerType::WebIdentityUser,
            _ => CallerType::Other,
        }
    }

    /// Whether the caller signs with keys of its own.
    pub(crate) fn has_keys(self) -> bool {
        matches!(
            self,
            CallerType::IamUser
                | CallerType::Root
                | CallerType::AssumedRole
                | CallerType::FederatedUser
                | CallerType::Other
        )
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Sighting {
    pub who: Who,
    pub caller: CallerType,
    pub flags: Flags,
    pub arn: Text,
    pub user: Text,
    /// The ARN of the role or user that issued the session.
    pub issuer: Text,
    pub source_identity: Text,
    /// The person of Identity Center, and the store that knows it.
    pub person: Text,
    pub store: Text,
    /// `inScopeOf` as JSON.
    pub scope: Text,
    /// `invokedByDelegate` as JSON.
    pub delegate: Text,
    /// `webIdFederationData` as JSON, where it says anything.
    pub web: Text,
    pub usage: Usage,
}

/// What was seen at least once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Flags(pub u16);

impl Flags {
    pub(crate) const MFA: Flags = Flags(1);
    pub(crate) const NO_MFA: Flags = Flags(2);
    /// The record says that the credential is of the console.
    pub(crate) const CONSOLE: Flags = Flags(4);
    /// A browser, or the console's own servers.
    pub(crate) const CONSOLE_AGENT: Flags = Flags(8);
    /// A command line or a program.
    pub(crate) const TOOL_AGENT: Flags = Flags(16);
    /// Handed out by the instance's metadata service.
    pub(crate) const METADATA: Flags = Flags(32);
    pub(crate) const ASSUMED_ROOT: Flags = Flags(64);
    /// Touched a production asset.
    pub(crate) const PRODUCTION: Flags = Flags(128);
    /// A record shows no session.
    pub(crate) const NO_SESSION: Flags = Flags(256);

    pub(crate) fn has(self, other: Flags) -> bool {
        self.0 & other.0 != 0
    }

    pub(crate) fn add(&mut self, other: Flags) {
        self.0 |= other.0;
    }
}

impl Sighting {
    pub(crate) fn new(who: Who, caller: CallerType) -> Sighting {
        Sighting {
            who,
            caller,
            flags: Flags::default(),
            arn: Text::EMPTY,
            user: Text::EMPTY,
            issuer: Text::EMPTY,
            source_identity: Text::EMPTY,
            person: Text::EMPTY,
            store: Text::EMPTY,
            scope: Text::EMPTY,
            delegate: Text::EMPTY,
            web: Text::EMPTY,
            usage: Usage::default(),
        }
    }

    /// Texts of which one is settled on where records differ.
    pub(crate) fn attributes(&mut self) -> [&mut Text; 9] {
        [
            &mut self.arn,
            &mut self.user,
            &mut self.issuer,
            &mut self.source_identity,
            &mut self.person,
            &mut self.store,
            &mut self.scope,
            &mut self.delegate,
            &mut self.web,
        ]
    }
}

/// Of two texts for one thing the smaller, whichever came first.
pub(crate) fn settle(known: &mut Text, text: Text, strings: &Strings) {
    let is_better = || known.is_empty() || strings.get(text) < strings.get(*known);
    if !text.is_empty() && text != *known && is_better() {
        *known = text;
    }
}

/// A principal on whose behalf services call.
#[derive(Clone, Debug)]
pub(crate) struct Forwarding {
    pub account: Text,
    pub principal: Text,
    /// By creation time, the earliest, at most `FORWARDED_KEPT`.
    pub sessions: Vec<Forwarded>,
    /// All that were created later than those.
    pub later: Option<Forwarded>,
}

/// Calls that services made in one session of theirs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Forwarded {
    pub created: i64,
    pub key: KeyMark,
    pub events: u64,
    pub errors: u64,
    pub first: i64,
    pub last: i64,
    pub last_success: i64,
}

/// Which key was used, without keeping it: services make one for nearly every call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyMark {
    None,
    /// The hash of the only one.
    One(u64),
    Many,
}

impl KeyMark {
    pub(crate) fn of(key: &str) -> KeyMark {
        match key {
            "" => KeyMark::None,
            key => KeyMark::One(xxh3_64(key.as_bytes())),
        }
    }

    fn and(self, other: KeyMark) -> KeyMark {
        match (self, other) {
            (KeyMark::None, mark) | (mark, KeyMark::None) => mark,
            (a, b) if a == b => a,
            _ => KeyMark::Many,
        }
    }
}

impl Forwarded {
    pub(crate) fn new(created: i64, key: KeyMark) -> Forwarded {
        Forwarded {
            created,
            key,
            events: 0,
            errors: 0,
            first: ALWAYS,
            last: NEVER,
            last_success: NEVER,
        }
    }

    fn add(&mut self, other: &Forwarded) {
        self.created = self.created.min(other.created);
        self.key = self.key.and(other.key);
        self.events += other.events;
        self.errors += other.errors;
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
        self.last_success = self.last_success.max(other.last_success);
    }
}

impl Forwarding {
    pub(crate) fn new(account: Text, principal: Text) -> Forwarding {
        Forwarding {
            account,
            principal,
            sessions: Vec::new(),
            later: None,
        }
    }

    /// Takes in some calls. A session that is once counted with the later ones never comes back.
    pub(crate) fn add(&mut self, calls: &Forwarded) {
        let place = self
            .sessions
            .binary_search_by_key(&calls.created, |session| session.created);
        match place {
            Ok(place) => self.sessions[place].add(calls),
            Err(place) if place == FORWARDED_KEPT => self.add_later(calls),
            Err(place) => {
                self.sessions.insert(place, *calls);
                if self.sessions.len() > FORWARDED_KEPT
                    && let Some(last) = self.sessions.pop()
                {
                    self.add_later(&last);
                }
            }
        }
    }

    pub(crate) fn add_later(&mut self, calls: &Forwarded) {
        match &mut self.later {
            Some(later) => later.add(calls),
            None => self.later = Some(*calls),
        }
    }
}

/// Whether a call with a session was made by a service on its principal's behalf. What the sign-in service
/// calls, it calls as the console.
pub(crate) fn is_forwarded(invoked_by: &str, from_service: bool) -> bool {
    match invoked_by {
        "" => from_service,
        invoked_by => service_name(invoked_by) != "signin",
    }
}

/// Whether a source is a service and not an address.
pub(crate) fn is_service(source: &str) -> bool {
    source.starts_with("AWS Internal") || service_name(source) != source
}

/// Whether text can be the id of a key, or of what else is signed with: its first letters say what it is. What data
/// sets put in its place mostly cannot. How long it is does not count: made-up ones are short.
pub(crate) fn is_key(text: &str) -> bool {
    let signs = matches!(
        id_kind(text),
        Some(
            IdKind::LongTermKey
                | IdKind::TemporaryKey
                | IdKind::PublicKey
                | IdKind::Certificate
                | IdKind::BearerToken
                | IdKind::ContextCredential
        )
    );
    signs && is_id(text)
}

/// Whether text can be an id at all: those of signing certificates begin with any letter.
pub(crate) fn is_id(text: &str) -> bool {
    const LENGTHS: RangeInclusive<usize> = 5..=128;
    LENGTHS.contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && !text.starts_with("HIDDEN_DUE_TO")
        && text != "REDACTED"
}

/// What an agent says of the kind of session that it calls in.
pub(crate) fn agent_flags(agent: &str) -> Flags {
    const TOOLS: [&str; 10] = [
        "aws-cli/",
        "boto3/",
        "boto/",
        "botocore/",
        "aws-sdk",
        "apn/",
        "terraform",
        "python-",
        "m/",
        "s3transfer/",
    ];
    const CONSOLE: [&str; 7] = [
        "console.",
        "signin.",
        "s3console/",
        "aws-console",
        "ec2consolefrontend",
        "mozilla/",
        "aws signin",
    ];
    let agent = agent.trim_start_matches('[');
    let start = agent.get(..agent.len().min(32)).unwrap_or(agent);
    let start = start.to_ascii_lowercase();
    let begins = |names: &[&str]| names.iter().any(|name| start.starts_with(name));
    if begins(&TOOLS) {
        Flags::TOOL_AGENT
    } else if begins(&CONSOLE) {
        Flags::CONSOLE_AGENT
    } else {
        Flags::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forwarded_sessions_are_bounded_in_any_order() {
        let of = |order: &[i64]| {
            let mut group = Forwarding::new(Text::EMPTY, Text::EMPTY);
            for created in order {
                let mut calls = Forwarded::new(*created, KeyMark::None);
                calls.events = 1;
                group.add(&calls);
            }
            format!("{:?}", (group.sessions, group.later))
        };
        let mut order: Vec<i64> = (0..600).map(|number| number * 7919 % 400).collect();
        let expected = of(&order);
        order.reverse();
        assert_eq!(of(&order), expected);
        order.rotate_left(123);
        assert_eq!(of(&order), expected);
    }

    #[test]
    fn ids_of_keys() {
        for (text, expected) in [
            ("AKIAIOSFODNN7EXAMPLE", true),
            ("ASIAADA1", true),
            ("ACCAEXAMPLE123", true),
            ("AKIA", false),
            ("AKIA****************", false),
            ("AIDAIOSFODNN7EXAMPLE", false),
            ("AROAEXAMPLE:alice", false),
            ("SAMPLE_ACCESS_KEY", false),
            ("null", false),
            ("1111", false),
            ("é", false),
            ("", false),
        ] {
            assert_eq!(is_key(text), expected, "{text}");
        }
        assert!(!is_key(&format!("AKIA{}", "A".repeat(200))));
        assert!(is_id("TA7SMP42TDN5Z26OBPJE7EXAMPLE") && !is_id("REDACTED"));
    }

    #[test]
    fn agents() {
        for (agent, expected) in [
            ("aws-cli/2.15.0 md/command#s3.ls", Flags::TOOL_AGENT),
            ("[aws-cli/1.18.136 Python/3.8.5]", Flags::TOOL_AGENT),
            ("Boto3/1.35.70", Flags::TOOL_AGENT),
            ("console.ec2.amazonaws.com", Flags::CONSOLE_AGENT),
            ("Mozilla/5.0 (X11)", Flags::CONSOLE_AGENT),
            ("[S3Console/0.4, aws-internal/3]", Flags::CONSOLE_AGENT),
            ("AWS Internal", Flags::default()),
            ("é", Flags::default()),
            ("", Flags::default()),
        ] {
            assert_eq!(agent_flags(agent), expected, "{agent}");
        }
    }
}
