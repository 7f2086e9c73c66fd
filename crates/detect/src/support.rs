//! What of a rule the data at hand can support.
//!
//! In: the kinds of events that the data holds, with their numbers, and the places where a rule looks.
//! Out: for each place whether such events are there, could be, or cannot be, with the reason. Pure.
//! A trail decides what it records, so that an event that is not there may not have happened or may not
//! have been written down: a trail of writes alone never shows `AssumeRole`, which AWS calls a read.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::watched::Place;

/// Events of one kind in the data.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kind {
    pub source: String,
    pub name: String,
    pub read_only: Option<bool>,
    /// As the record says; earlier ones do not.
    pub management: Option<bool>,
    pub events: u64,
    /// The columns that some of these events fill, of those that were asked for.
    pub filled: BTreeSet<String>,
}

/// What the data holds.
#[derive(Clone, Debug, Default)]
pub struct Holdings {
    pub kinds: Vec<Kind>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Events of the sort cannot be in such data.
    Blind,
    /// None is there; the trail would show them.
    Quiet,
    /// They are there.
    Seen,
}

/// A place with what the data has for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    pub state: State,
    pub events: u64,
    /// Why they cannot be there, in words.
    pub why: Option<String>,
}

/// What S3, Lambda and DynamoDB log as data events, which a trail records only where it is told to. Source:
/// CloudTrail's user guide, "Logging data events", and the lists of the three services that it names.
const DATA_EVENTS: &[&str] = &[
    "AbortMultipartUpload",
    "CompleteMultipartUpload",
    "CopyObject",
    "CreateMultipartUpload",
    "DeleteObject",
    "DeleteObjects",
    "DeleteObjectTagging",
    "GetObject",
    "GetObjectAcl",
    "GetObjectAttributes",
    "GetObjectLegalHold",
    "GetObjectRetention",
    "GetObjectTagging",
    "GetObjectTorrent",
    "HeadBucket",
    "HeadObject",
    "ListMultipartUploads",
    "ListObjects",
    "ListObjectsV2",
    "ListObjectVersions",
    "ListParts",
    "PutObject",
    "PutObjectAcl",
    "PutObjectLegalHold",
    "PutObjectRetention",
    "PutObjectTagging",
    "RestoreObject",
    "SelectObjectContent",
    "UploadPart",
    "UploadPartCopy",
    "Invoke",
    "InvokeWithResponseStream",
    "BatchExecuteStatement",
    "BatchGetItem",
    "BatchWriteItem",
    "DeleteItem",
    "ExecuteStatement",
    "ExecuteTransaction",
    "GetItem",
    "PutItem",
    "Query",
    "Scan",
    "TransactGetItems",
    "TransactWriteItems",
    "UpdateItem",
];

/// Beginnings of names of events that AWS marks as reads. The three `AssumeRole` are among them,
/// although they make credentials.
const READS: &[&str] = &[
    "Get",
    "List",
    "Describe",
    "Head",
    "Lookup",
    "Search",
    "Simulate",
    "Decode",
    "BatchGet",
    "AssumeRole",
];
/// Those that begin so and are marked as writes.
const NOT_READS: &[&str] = &["GetSessionToken", "GetFederationToken", "GetSigninToken"];

/// The services whose calls CloudTrail writes down in one region for all.
const GLOBAL: &[&str] = &["iam.amazonaws.com", "signin.amazonaws.com"];

impl Holdings {
    pub fn judge(&self, place: &Place) -> Verdict {
        let wanted = self
            .kinds
            .iter()
            .filter(|kind| place.wants(&kind.source, &kind.name));
        let events = wanted.map(|kind| kind.events).sum();
        if events > 0 {
            return Verdict {
                state: State::Seen,
                events,
                why: None,
            };
        }
        let why = self.why_not(place);
        Verdict {
            state: if why.is_some() {
                State::Blind
            } else {
                State::Quiet
            },
            events,
            why,
        }
    }

    /// Which of these columns are empty in every event that some of the places want; none where there is no
    /// such event, as nothing is known then.
    pub fn empty<'a>(
        &self,
        places: &[&Place],
        columns: impl Iterator<Item = &'a String>,
    ) -> BTreeSet<&'a str> {
        let wanted = |kind: &&Kind| {
            places
                .iter()
                .any(|place| place.wants(&kind.source, &kind.name))
        };
        let wanted: Vec<&Kind> = self.kinds.iter().filter(wanted).collect();
        if wanted.is_empty() {
            return BTreeSet::new();
        }
        let is_filled = |column: &str| wanted.iter().any(|kind| kind.filled.contains(column));
        let columns = columns.map(String::as_str);
        columns.filter(|column| !is_filled(column)).collect()
    }

    /// Why events of a place cannot be there.
    fn why_not(&self, place: &Place) -> Option<String> {
        if self.kinds.is_empty() {
            return None;
        }
        let all = |is: fn(&str) -> bool| {
            !place.names.is_empty() && place.names.iter().all(|name| is(name))
        };
        let names = sample(&place.names);
        let of_place = |kind: &&Kind| {
            place.sources.is_empty() || place.sources.iter().any(|s| *s == kind.source)
        };
        let has_data = |kind: &Kind| match kind.management {
            Some(management) => !management,
            None => is_data(&kind.name),
        };
        if all(is_data) && !self.kinds.iter().filter(of_place).any(has_data) {
            return Some(format!("no data events were recorded ({names})"));
        }
        if all(is_read) && !self.kinds.iter().any(|kind| kind.read_only == Some(true)) {
            return Some(format!("no read-only events were recorded ({names})"));
        }
        let missing = |source: &String| {
            GLOBAL.contains(&source.as_str())
                && !self.kinds.iter().any(|kind| kind.source == *source)
        };
        let sources = &place.sources;
        (!sources.is_empty() && sources.iter().all(missing)).then(|| {
            let sources = sample(sources);
            format!(
                "nothing of {sources} is there, which a trail shows in one region alone: us-east-1, \
                 or that of the sign-in"
            )
        })
    }
}

/// Whether events of this name are data events.
pub(crate) fn is_data(name: &str) -> bool {
    DATA_EVENTS.contains(&name)
}

fn is_read(name: &str) -> bool {
    READS.iter().any(|read| name.starts_with(read)) && !NOT_READS.contains(&name) && !is_data(name)
}

/// The first few, in words.
fn sample(names: &BTreeSet<String>) -> String {
    const SHOWN: usize = 3;
    let shown: Vec<&str> = names.iter().take(SHOWN).map(String::as_str).collect();
    match names.len().saturating_sub(SHOWN) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}
