//! Credentials as the JSON of the contract `keyline.lineage/1`.

use std::cell::Cell;
use std::io::Write;

use keyline_lineage::Credential;
use keyline_lineage::liveness::liveness;
use keyline_trail::Coverage;
use keyline_trail::time::format_time;
use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use crate::coverage;
use crate::safe_json::SafeJson;

pub const SCHEMA: &str = "keyline.lineage/1";

/// Writes the document. Credentials are made and written one by one, for there may be millions. `as_of` is in
/// microseconds since 1970; null where there is no event.
pub fn write(
    out: &mut dyn Write,
    shown: impl Iterator<Item = Credential>,
    as_of: Option<i64>,
    read: &Coverage,
) -> std::io::Result<()> {
    let at = as_of.unwrap_or(i64::MAX);
    let credentials = shown.map(|shown| credential(&shown, at));
    let document = Document {
        schema: SCHEMA,
        as_of: as_of.map(format_time),
        coverage: coverage::json(read),
        credentials: Each(Cell::new(Some(credentials))),
    };
    serde_json::to_writer_pretty(SafeJson(&mut *out), &document)?;
    writeln!(out)
}

#[derive(Serialize)]
#[serde(bound = "I: Iterator<Item = Value>")]
struct Document<I: Iterator<Item = Value>> {
    schema: &'static str,
    as_of: Option<String>,
    coverage: Value,
    credentials: Each<I>,
}

/// A list whose elements are made when they are written, once.
struct Each<I>(Cell<Option<I>>);

impl<I: Iterator<Item = Value>> Serialize for Each<I> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.take().into_iter().flatten())
    }
}

/// One credential as it stands at an instant.
pub fn credential(it: &Credential, at: i64) -> Value {
    let live = liveness(it, at);
    let mut object = json!({
        "id": it.id,
        "aliases": it.aliases,
        "kind": it.kind.name(),
        "access_key_ids": it.access_key_ids,
        "minted_key_id": it.minted_key_id,
        "account_id": text(&it.account_id),
        "principal_id": text(&it.principal_id),
        "principal_arn": text(&it.principal_arn),
        "role_arn": text(&it.role_arn),
        "session_name": text(&it.session_name),
        "user_name": text(&it.user_name),
        "source_identity": text(&it.source_identity),
        "partition": it.partition,
        "issued_at": it.issued_at.map(format_time),
        "expires_at": it.expires_at.map(format_time),
        "expiry": it.expiry.name(),
        "issuing_api": text(&it.issuing_api),
        "issuing_event_ids": it.issuing_event_ids,
        "parent": it.parent.as_ref().map(|parent| json!({
            "id": parent.id,
            "certainty": parent.certainty.name(),
            "rule": parent.rule.name(),
            "confidence": parent.confidence,
            "candidates": parent.candidates.iter().map(|candidate| json!({
                "id": candidate.id,
                "confidence": candidate.confidence,
            })).collect::<Vec<_>>(),
        })),
        "parent_unknown_because": it.parent_unknown_because,
        "root": it.root,
        "depth": it.depth,
        "children": it.children,
        "mfa": {
            "authenticated": it.mfa_authenticated,
            "serial": text(&it.mfa_serial),
        },
        "origin": it.origin.as_ref().map(|origin| json!({"type": origin.kind, "id": origin.id})),
        "first_used": it.first_used.map(format_time),
        "last_used": it.last_used.map(format_time),
        "event_count": it.event_count,
        "error_count": it.error_count,
        "source_ips": it.sources.iter().map(|source| source.address.as_str()).collect::<Vec<_>>(),
        "more_source_ips": it.more_sources,
        "user_agents": it.user_agents,
        "more_user_agents": it.more_user_agents,
        "used_in_accounts": it.used_in_accounts,
        "changes": it.changes.iter().map(|change| json!({
            "at": format_time(change.at),
            "effect": change.effect.name(),
            "by": change.by,
            "event_id": text(&change.event_id),
            "by_credential": change.by_credential,
        })).collect::<Vec<_>>(),
        "touches_production": it.touches_production,
        "liveness": {
            "state": live.state.name(),
            "until": live.until.map(format_time),
            "why": text(&live.why),
            "used_after_revocation": live.used_after_revocation,
        },
    });
    // The macro takes no more keys than stand above.
    let used_after = live.used_after_revocation_at.map(format_time);
    object["liveness"]["used_after_revocation_at"] = used_after.into();
    object["forwarded_count"] = it.forwarded_count.into();
    object["forwarded_in_session_count"] = it.forwarded_in_session_count.into();
    object["forwarded_maybe_count"] = it.forwarded_maybe_count.into();
    object
}

/// Absent is null.
fn text(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}
