//! What a minting of STS names, as two numbers: who may want to know it has no answer to read.
//!
//! A caller, an event's name and STS's answer go in; the key that was minted and the hashes of it and of its principal
//! come out. Files that keep both hashes in columns beside the events ([`MINTED`]) are asked for a tree without the
//! answers, which are by far the longest texts of these events. Only what makes up nearly all mintings is told in this
//! way ([`PLAIN`]), and of that only what names its key.

use std::borrow::Cow;

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{Array, Int64Array, RecordBatch};
use keyline_trail::Column;
use keyline_trail::partition::service_name;
use xxhash_rust::xxh3::xxh3_64;

use crate::columns::Columns;
use crate::json;
use crate::sighting::is_key;

/// The columns of both hashes, null where a row is no plain minting. Another way of hashing needs other names.
pub const MINTED: [&str; 2] = ["_MintedKeyHash", "_MintedPrincipalHash"];

/// What STS mints with an answer that names the key.
const PLAIN: [&str; 5] = [
    "AssumeRole",
    "AssumeRoleWithSAML",
    "AssumeRoleWithWebIdentity",
    "GetSessionToken",
    "GetFederationToken",
];

/// How AWS writes the beginning of such an answer.
const ANSWER: &str = r#"{"credentials":{"accessKeyId":""#;

/// What was minted.
pub(crate) struct Minted<'a> {
    /// Empty where a column tells its hash.
    pub(crate) key_id: Cow<'a, str>,
    pub(crate) key: u64,
    /// 0 where the event does not say.
    pub(crate) principal: u64,
}

/// Whether an event is of those that are told in this way, if its answer allows.
pub(crate) fn is_plain(columns: &Columns<'_>, row: usize) -> bool {
    PLAIN.contains(&columns.name(row)) && service_name(columns.source(row)) == "sts"
}

/// What a plain minting's answer says.
pub(crate) fn of_answer<'a>(columns: &Columns<'a>, row: usize) -> Option<Minted<'a>> {
    let answer = columns.detail(Column::ResponseElements, row);
    let begun = answer
        .strip_prefix(ANSWER)
        .and_then(|rest| rest.split_once('"'));
    let key_id: Cow<'a, str> = match begun {
        Some((key, _)) if !key.contains('\\') => key.into(),
        _ => json::text(answer, &["credentials", "accessKeyId"])?,
    };
    let principal = match columns.name(row) {
        "GetSessionToken" => hash(columns.caller_text(1, row)),
        // It may be told by the name that was asked for.
        "GetFederationToken" => hash(&json::text(answer, &["federatedUser", "federatedUserId"])?),
        _ => json::text(answer, &["assumedRoleUser", "assumedRoleId"])
            .map_or(0, |principal| hash(&principal)),
    };
    is_key(&key_id).then(|| Minted {
        key: hash(&key_id),
        key_id,
        principal,
    })
}

/// The columns [`MINTED`] of rows that have them.
pub(crate) struct Told<'a>([&'a Int64Array; 2]);

impl<'a> Told<'a> {
    pub(crate) fn of(rows: &'a RecordBatch) -> Option<Told<'a>> {
        let column = |name: &str| rows.column_by_name(name)?.as_primitive_opt::<Int64Type>();
        let [key, principal] = MINTED.map(column);
        Some(Told([key?, principal?]))
    }

    /// What a row's columns say was minted.
    pub(crate) fn minted(&self, row: usize) -> Option<Minted<'static>> {
        let [key, principal] = self.0;
        let is_told = !key.is_null(row) && !principal.is_null(row);
        is_told.then(|| Minted {
            key_id: "".into(),
            key: key.value(row) as u64,
            principal: principal.value(row) as u64,
        })
    }
}

/// The columns [`MINTED`] of some rows.
pub fn minted(rows: &RecordBatch) -> [Int64Array; 2] {
    let columns = Columns::new(rows);
    let all = (0..columns.len()).map(|row| match is_plain(&columns, row) {
        true => of_answer(&columns, row),
        false => None,
    });
    let (keys, principals): (Vec<_>, Vec<_>) = all
        .map(|minted| match minted {
            Some(minted) => (Some(minted.key as i64), Some(minted.principal as i64)),
            None => (None, None),
        })
        .unzip();
    [keys.into(), principals.into()]
}

/// The hash of a text; 0 of none.
pub(crate) fn hash(text: &str) -> u64 {
    match text {
        "" => 0,
        text => xxh3_64(text.as_bytes()),
    }
}
