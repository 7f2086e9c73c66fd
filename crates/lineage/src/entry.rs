//! A credential as the forest keeps it: numbers in place of texts and of other credentials.
//!
//! [`Credential`](crate::Credential) is made from it when somebody asks. A million of these must fit in memory.

use keyline_trail::partition::Partition;
use keyline_trail::session::CredentialHash;

use crate::credential::{Certainty, Expiry, Kind, LinkRule};
use crate::strings::Text;
use crate::usage::{NEVER, Usage};

/// No other credential.
pub(crate) const NONE: u32 = u32::MAX;

#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub hash: CredentialHash,
    pub kind: Kind,
    pub expiry: Expiry,
    pub mfa: Option<bool>,
    pub production: bool,
    pub why: Option<Why>,
    pub partition: Option<Partition>,
    pub account: Text,
    pub principal: Text,
    pub arn: Text,
    pub role: Text,
    pub user: Text,
    pub source_identity: Text,
    pub serial: Text,
    pub minted_key: Text,
    pub api: Text,
    pub origin: Option<(&'static str, Text)>,
    pub issued: i64,
    pub expires: i64,
    pub link: Option<Link>,
    pub root: u32,
    pub depth: u32,
    pub usage: Option<Box<Usage>>,
    /// Calls of services on its behalf, those of them in its own session, and such that were on its behalf or
    /// another's.
    pub forwarded: u32,
    pub forwarded_in_session: u32,
    pub forwarded_maybe: u32,
    pub keys: Span,
    pub events: Span,
    pub aliases: Span,
}

/// A part of a list that all credentials share.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Span {
    pub start: u32,
    pub end: u32,
}

impl Span {
    pub(crate) fn of<T>(self, list: &[T]) -> &[T] {
        &list[self.start as usize..self.end as usize]
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Link {
    pub parent: u32,
    pub certainty: Certainty,
    pub rule: LinkRule,
    pub confidence: f64,
    /// Where more than one fits: each with its share.
    pub candidates: Vec<(u32, f64)>,
    /// How many more fit than are listed.
    pub left_out: u32,
}

impl Link {
    pub(crate) fn exact(parent: u32, rule: LinkRule) -> Link {
        Link {
            parent,
            certainty: Certainty::Exact,
            rule,
            confidence: 1.0,
            candidates: Vec::new(),
            left_out: 0,
        }
    }

    pub(crate) fn inferred(parent: u32, rule: LinkRule, confidence: f64) -> Link {
        Link {
            certainty: Certainty::Inferred,
            confidence,
            ..Link::exact(parent, rule)
        }
    }
}

/// Why no parent is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Why {
    BeforeData,
    AccountNotInData,
    NoMintingEvents,
    AnswerOmitted,
    NotObserved,
    KeyNotObserved,
    CallerUnknown,
    Younger,
    Circle,
}

impl Why {
    pub(crate) fn text(self) -> &'static str {
        match self {
            Why::BeforeData => "mint_not_observed: issued before the first event of the data",
            Why::AccountNotInData => {
                "mint_not_observed: no event of the account that issued it is in the data"
            }
            Why::NoMintingEvents => {
                "mint_not_observed: no minting event of its account is in the data; read-only events may be left out"
            }
            Why::AnswerOmitted => {
                "mint_not_observed: a minting event of its second has no answer that names the key"
            }
            Why::NotObserved => {
                "mint_not_observed: no event of the data mints it; a region or an API may be missing"
            }
            Why::KeyNotObserved => "mint_not_observed: its creation is not in the data",
            Why::CallerUnknown => "the event that mints it does not name a credential",
            Why::Younger => "the credential that its minting event names was issued later than it",
            Why::Circle => "its minting events name one another as parents",
        }
    }
}

impl Entry {
    pub(crate) fn new(hash: CredentialHash, kind: Kind) -> Entry {
        Entry {
            hash,
            kind,
            expiry: Expiry::None,
            mfa: None,
            production: false,
            why: None,
            partition: None,
            account: Text::EMPTY,
            principal: Text::EMPTY,
            arn: Text::EMPTY,
            role: Text::EMPTY,
            user: Text::EMPTY,
            source_identity: Text::EMPTY,
            serial: Text::EMPTY,
            minted_key: Text::EMPTY,
            api: Text::EMPTY,
            origin: None,
            issued: NEVER,
            expires: NEVER,
            link: None,
            root: NONE,
            depth: 0,
            usage: None,
            forwarded: 0,
            forwarded_in_session: 0,
            forwarded_maybe: 0,
            keys: Span::default(),
            events: Span::default(),
            aliases: Span::default(),
        }
    }
}
