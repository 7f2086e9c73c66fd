//! Credentials as the JSON of the contract `keyline.lineage/1`.
//!
//! Values that borrow from a credential are written as they are, without a tree of JSON between, for there may be
//! millions of credentials.

use std::cell::Cell;
use std::io::Write;

use keyline_lineage::liveness::{Liveness, liveness};
use keyline_lineage::{Change, Credential, Parent};
use keyline_trail::Coverage;
use keyline_trail::time::format_time;
use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::coverage;
use crate::safe_json::SafeJson;

pub const SCHEMA: &str = "keyline.lineage/1";

/// Bytes that are gathered before they are looked through and written.
const GATHERED: usize = 64 * 1024;

/// Writes the document. Credentials are made and written one by one. `as_of` is in microseconds since 1970; null
/// where there is no event.
pub fn write(
    out: &mut dyn Write,
    shown: impl Iterator<Item = Credential>,
    as_of: Option<i64>,
    read: &Coverage,
) -> std::io::Result<()> {
    let document = Document {
        schema: SCHEMA,
        as_of: as_of.map(Time),
        coverage: coverage::json(read),
        credentials: Each {
            shown: Cell::new(Some(shown)),
            at: as_of.unwrap_or(i64::MAX),
        },
    };
    let mut gathering = Gathering {
        text: Vec::with_capacity(2 * GATHERED),
        out: SafeJson(&mut *out),
    };
    serde_json::to_writer_pretty(&mut gathering, &document)?;
    gathering.flush()?;
    writeln!(out)
}

/// One credential as it stands at an instant.
pub fn credential(it: &Credential, at: i64) -> Value {
    // Texts, numbers and lists of them are JSON, whatever they hold.
    serde_json::to_value(Shown::new(it, &liveness(it, at))).unwrap_or_default()
}

#[derive(Serialize)]
#[serde(bound = "I: Iterator<Item = Credential>")]
struct Document<I: Iterator<Item = Credential>> {
    schema: &'static str,
    as_of: Option<Time>,
    coverage: Value,
    credentials: Each<I>,
}

/// A list whose elements are made when they are written, once.
struct Each<I> {
    shown: Cell<Option<I>>,
    at: i64,
}

impl<I: Iterator<Item = Credential>> Serialize for Each<I> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeSeq;
        let mut list = serializer.serialize_seq(None)?;
        for it in self.shown.take().into_iter().flatten() {
            list.serialize_element(&Shown::new(&it, &liveness(&it, self.at)))?;
        }
        list.end()
    }
}

/// A credential in the contract's words and order; absent is null.
#[derive(Serialize)]
struct Shown<'a> {
    id: &'a str,
    aliases: &'a [String],
    kind: &'static str,
    access_key_ids: &'a [String],
    minted_key_id: Option<&'a str>,
    account_id: Option<&'a str>,
    principal_id: Option<&'a str>,
    principal_arn: Option<&'a str>,
    role_arn: Option<&'a str>,
    session_name: Option<&'a str>,
    user_name: Option<&'a str>,
    source_identity: Option<&'a str>,
    partition: &'static str,
    issued_at: Option<Time>,
    expires_at: Option<Time>,
    expiry: &'static str,
    issuing_api: Option<&'a str>,
    issuing_event_ids: &'a [String],
    parent: Option<ShownParent<'a>>,
    parent_unknown_because: Option<&'static str>,
    root: &'a str,
    depth: u32,
    children: &'a [String],
    mfa: ShownMfa<'a>,
    origin: Option<ShownOrigin<'a>>,
    first_used: Option<Time>,
    last_used: Option<Time>,
    event_count: u64,
    error_count: u64,
    source_ips: Vec<&'a str>,
    more_source_ips: bool,
    user_agents: &'a [String],
    more_user_agents: bool,
    used_in_accounts: &'a [String],
    changes: Vec<ShownChange<'a>>,
    touches_production: bool,
    liveness: ShownLiveness<'a>,
    forwarded_count: u64,
    forwarded_in_session_count: u64,
    forwarded_maybe_count: u64,
}

#[derive(Serialize)]
struct ShownParent<'a> {
    id: &'a str,
    certainty: &'static str,
    rule: &'static str,
    confidence: f64,
    candidates: Vec<ShownCandidate<'a>>,
}

#[derive(Serialize)]
struct ShownCandidate<'a> {
    id: &'a str,
    confidence: f64,
}

#[derive(Serialize)]
struct ShownMfa<'a> {
    authenticated: Option<bool>,
    serial: Option<&'a str>,
}

#[derive(Serialize)]
struct ShownOrigin<'a> {
    r#type: &'static str,
    id: &'a str,
}

#[derive(Serialize)]
struct ShownChange<'a> {
    at: Time,
    effect: &'static str,
    by: &'a str,
    event_id: Option<&'a str>,
    by_credential: Option<&'a str>,
}

#[derive(Serialize)]
struct ShownLiveness<'a> {
    state: &'static str,
    until: Option<Time>,
    why: Option<&'a str>,
    used_after_revocation: bool,
    used_after_revocation_at: Option<Time>,
    issued_after_revocation: bool,
}

impl<'a> Shown<'a> {
    fn new(it: &'a Credential, live: &'a Liveness) -> Shown<'a> {
        Shown {
            id: &it.id,
            aliases: &it.aliases,
            kind: it.kind.name(),
            access_key_ids: &it.access_key_ids,
            minted_key_id: it.minted_key_id.as_deref(),
            account_id: text(&it.account_id),
            principal_id: text(&it.principal_id),
            principal_arn: text(&it.principal_arn),
            role_arn: text(&it.role_arn),
            session_name: text(&it.session_name),
            user_name: text(&it.user_name),
            source_identity: text(&it.source_identity),
            partition: it.partition,
            issued_at: it.issued_at.map(Time),
            expires_at: it.expires_at.map(Time),
            expiry: it.expiry.name(),
            issuing_api: text(&it.issuing_api),
            issuing_event_ids: &it.issuing_event_ids,
            parent: it.parent.as_ref().map(ShownParent::new),
            parent_unknown_because: it.parent_unknown_because,
            root: &it.root,
            depth: it.depth,
            children: &it.children,
            mfa: ShownMfa {
                authenticated: it.mfa_authenticated,
                serial: text(&it.mfa_serial),
            },
            origin: it.origin.as_ref().map(|origin| ShownOrigin {
                r#type: origin.kind,
                id: &origin.id,
            }),
            first_used: it.first_used.map(Time),
            last_used: it.last_used.map(Time),
            event_count: it.event_count,
            error_count: it.error_count,
            source_ips: it.sources.iter().map(|at| at.address.as_str()).collect(),
            more_source_ips: it.more_sources,
            user_agents: &it.user_agents,
            more_user_agents: it.more_user_agents,
            used_in_accounts: &it.used_in_accounts,
            changes: it.changes.iter().map(ShownChange::new).collect(),
            touches_production: it.touches_production,
            liveness: ShownLiveness {
                state: live.state.name(),
                until: live.until.map(Time),
                why: text(&live.why),
                used_after_revocation: live.used_after_revocation,
                used_after_revocation_at: live.used_after_revocation_at.map(Time),
                issued_after_revocation: live.issued_after_revocation,
            },
            forwarded_count: it.forwarded_count,
            forwarded_in_session_count: it.forwarded_in_session_count,
            forwarded_maybe_count: it.forwarded_maybe_count,
        }
    }
}

impl<'a> ShownParent<'a> {
    fn new(parent: &'a Parent) -> ShownParent<'a> {
        let candidates = parent.candidates.iter();
        ShownParent {
            id: &parent.id,
            certainty: parent.certainty.name(),
            rule: parent.rule.name(),
            confidence: parent.confidence,
            candidates: candidates
                .map(|candidate| ShownCandidate {
                    id: &candidate.id,
                    confidence: candidate.confidence,
                })
                .collect(),
        }
    }
}

impl<'a> ShownChange<'a> {
    fn new(change: &'a Change) -> ShownChange<'a> {
        ShownChange {
            at: Time(change.at),
            effect: change.effect.name(),
            by: &change.by,
            event_id: text(&change.event_id),
            by_credential: change.by_credential.as_deref(),
        }
    }
}

/// An instant in microseconds since 1970, shown as RFC 3339.
struct Time(i64);

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&format_time(self.0))
    }
}

fn text(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

/// JSON is written a comma at a time; what stands in it is looked at in larger pieces. Each write holds whole
/// characters, so that a piece does.
struct Gathering<W: Write> {
    text: Vec<u8>,
    out: W,
}

impl<W: Write> Write for Gathering<W> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.text.extend_from_slice(bytes);
        if self.text.len() >= GATHERED {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.out.write_all(&self.text)?;
        self.text.clear();
        Ok(())
    }
}
