//! What of a rule the data at hand can support.
//!
//! In: the kinds of events that the data holds, with their numbers, and the places where a rule looks.
//! Out: for each place whether such events are there, could be, or cannot be, with the reason. Pure.
//! A trail decides what it records, so that an event that is not there may not have happened or may not
//! have been written down: a trail of writes alone never shows `AssumeRole`, which AWS calls a read.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::arms::Arm;
use crate::watched::{Looks, Place};

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
    /// Why they, or some of them, cannot be there, in words.
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
            .filter(|kind| place.wants(&kind.source, &kind.name, kind.read_only));
        let events = wanted.map(|kind| kind.events).sum();
        let arms: Vec<Hidden> = place.arms.iter().map(|arm| self.hidden(arm)).collect();
        let is_blind = !arms.is_empty() && arms.iter().all(|hidden| hidden.all);
        let why: BTreeSet<String> = arms.into_iter().filter_map(|hidden| hidden.why).collect();
        let why = Vec::from_iter(why).join("; ");
        Verdict {
            state: match events {
                0 if is_blind => State::Blind,
                0 => State::Quiet,
                _ => State::Seen,
            },
            events,
            why: (!why.is_empty()).then_some(why),
        }
    }

    /// What becomes of a rule whose rows come of these places; `None` where that hangs on no events.
    pub fn stand(&self, looks: &Looks) -> Option<Stand> {
        match looks {
            Looks::Nowhere => None,
            Looks::At(place) => {
                let verdict = self.judge(place);
                let is_blind = verdict.state == State::Blind;
                Some(Stand {
                    state: verdict.state,
                    is_partly_blind: verdict.why.is_some() && !is_blind,
                })
            }
            Looks::All(list) | Looks::Any(list) => {
                let stands: Vec<Stand> = list.iter().filter_map(|one| self.stand(one)).collect();
                let states = stands.iter().map(|stand| stand.state);
                let state = match looks {
                    Looks::All(_) => states.min()?,
                    _ => states.max()?,
                };
                let lacks = |stand: &Stand| stand.is_partly_blind || stand.state == State::Blind;
                Some(Stand {
                    state,
                    is_partly_blind: state != State::Blind && stands.iter().any(lacks),
                })
            }
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
                .any(|place| place.wants(&kind.source, &kind.name, kind.read_only))
        };
        let wanted: Vec<&Kind> = self.kinds.iter().filter(wanted).collect();
        if wanted.is_empty() {
            return BTreeSet::new();
        }
        let is_filled = |column: &str| wanted.iter().any(|kind| kind.filled.contains(column));
        let columns = columns.map(String::as_str);
        columns.filter(|column| !is_filled(column)).collect()
    }

    /// What of one sort of events cannot be there. Its names and its services are judged one by one.
    fn hidden(&self, arm: &Arm) -> Hidden {
        if self.kinds.is_empty() {
            return Hidden::default();
        }
        // Where no record says which it is, all may be there.
        let says = self.kinds.iter().any(|kind| kind.read_only.is_some());
        let has = |read_only: bool| {
            let mut kinds = self.kinds.iter();
            !says || kinds.any(|kind| kind.read_only == Some(read_only))
        };
        let (has_reads, has_writes) = (has(true), has(false));
        let named = sample(&arm.written());
        match arm.read_only {
            Some(true) if !has_reads => {
                return Hidden::all(format!("no read-only events were recorded{}", of(&named)));
            }
            Some(false) if !has_writes => {
                return Hidden::all(format!("nothing but reads was recorded{}", of(&named)));
            }
            _ => {}
        }
        let by_name = self.hidden_names(arm, has_reads);
        let sources = arm.sources.iter().flatten();
        let missing: BTreeSet<String> = sources
            .filter(|source| {
                GLOBAL.contains(&source.as_str())
                    && !self.kinds.iter().any(|kind| kind.source == **source)
            })
            .cloned()
            .collect();
        if by_name.all || missing.is_empty() {
            return by_name;
        }
        let why = format!(
            "nothing of {} is there, which a trail shows in one region alone: us-east-1, or that of the \
             sign-in",
            sample(&missing)
        );
        Hidden {
            all: arm.sources.as_ref().map(BTreeSet::len) == Some(missing.len()),
            why: Some(why),
        }
    }

    fn hidden_names(&self, arm: &Arm, has_reads: bool) -> Hidden {
        let Some(names) = &arm.names else {
            return Hidden::default();
        };
        let is_of = |kind: &&Kind| {
            let sources = arm.sources.as_ref();
            sources.is_none_or(|list| list.contains(&kind.source))
        };
        let is_of_data = |kind: &Kind| match kind.management {
            Some(management) => !management,
            None => is_data(&kind.name),
        };
        let has_data = self.kinds.iter().filter(is_of).any(is_of_data);
        // The writes that are called like reads are calls of these two.
        let may_write = |start: &String| {
            let sources = arm.sources.as_ref();
            NOT_READS
                .iter()
                .any(|name| name.starts_with(start.as_str()))
                && sources.is_none_or(|list| {
                    ["sts.amazonaws.com", "signin.amazonaws.com"]
                        .iter()
                        .any(|one| list.contains(*one))
                })
        };
        let data = |name: &&String| !has_data && is_data(name);
        let read = |name: &&String| !has_reads && is_read(name);
        let no_data: BTreeSet<String> = names.whole.iter().filter(data).cloned().collect();
        let mut no_reads: BTreeSet<String> = names.whole.iter().filter(read).cloned().collect();
        let starts = names.begin.iter().filter(read);
        let starts = starts.filter(|start| !may_write(start));
        no_reads.extend(starts.map(|start| format!("{start}*")));
        let count = names.whole.len() + names.begin.len();
        let whys = [("data", &no_data), ("read-only", &no_reads)].map(|(what, names)| {
            (!names.is_empty())
                .then(|| format!("no {what} events were recorded{}", of(&sample(names))))
        });
        let why = Vec::from_iter(whys.into_iter().flatten()).join("; ");
        Hidden {
            all: no_data.len() + no_reads.len() == count,
            why: (!why.is_empty()).then_some(why),
        }
    }
}

/// What becomes of a rule in the data at hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stand {
    pub state: State,
    /// Some of what it looks for cannot be there, but not all.
    pub is_partly_blind: bool,
}

/// What of a sort of events cannot be in the data.
#[derive(Default)]
struct Hidden {
    all: bool,
    why: Option<String>,
}

impl Hidden {
    fn all(why: String) -> Hidden {
        Hidden {
            all: true,
            why: Some(why),
        }
    }
}

fn of(names: &str) -> String {
    match names.is_empty() {
        true => String::new(),
        false => format!(" ({names})"),
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
