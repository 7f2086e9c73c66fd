//! What was read and what was wrong with it, as plain values.
//!
//! `FileReport` says it of one file, `Coverage` of a whole run; both merge, in any order, to the same
//! result up to which example of a problem is shown. Nothing here knows about rows.

use std::collections::{BTreeMap, BTreeSet};

/// What is wrong with input, by the name that reports show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProblemKind {
    /// Text that is not JSON; reading goes on at the next record or line.
    BadJson,
    /// A JSON value that is no CloudTrail record and no known wrapper of one.
    NotARecord,
    /// A record without an `eventTime` that can be read; the row is kept, its time is null.
    BadTime,
    /// A file without a single record.
    NoRecords,
    /// A gzip file that breaks off; what came before is kept.
    TruncatedGzip,
    /// A gzip file that is corrupt or has other bytes behind it; what came before is kept.
    CorruptGzip,
    /// A gzip file that inflates to far more than logs do; what came before the limit is kept.
    GzipBomb,
    /// Bytes that are not UTF-8; replaced by U+FFFD, the record is kept.
    InvalidUtf8,
    /// A record over `MAX_RECORD_BYTES`; passed over.
    RecordTooLarge,
    /// A record nested deeper than `MAX_DEPTH`; passed over.
    RecordTooDeep,
    /// A file over `MAX_INFLATED_BYTES`; what came before is kept.
    FileTooLarge,
    /// More accounts than `MAX_LISTED`; the rest is not listed.
    TooManyAccounts,
    /// More regions than `MAX_LISTED`; the rest is not listed.
    TooManyRegions,
    /// An event dated beyond the horizon; kept, but it never sets the last time.
    FutureTime,
    /// The same account and eventID with other content; both are kept.
    EventIdConflict,
    /// A file that could not be opened or read.
    Unreadable,
    /// An addendum whose original event is not in the data.
    OrphanAddendum,
    /// A record of a format that is not CloudTrail's first: its members may mean anything.
    UnknownVersion,
    /// Anything else, named by who reports it.
    Other(&'static str),
}

impl ProblemKind {
    /// The name in reports.
    pub fn name(self) -> &'static str {
        match self {
            ProblemKind::BadJson => "bad-json",
            ProblemKind::NotARecord => "not-a-record",
            ProblemKind::BadTime => "bad-time",
            ProblemKind::NoRecords => "no-records",
            ProblemKind::TruncatedGzip => "truncated-gzip",
            ProblemKind::CorruptGzip => "corrupt-gzip",
            ProblemKind::GzipBomb => "gzip-bomb",
            ProblemKind::InvalidUtf8 => "invalid-utf8",
            ProblemKind::RecordTooLarge => "record-too-large",
            ProblemKind::RecordTooDeep => "record-too-deep",
            ProblemKind::FileTooLarge => "file-too-large",
            ProblemKind::TooManyAccounts => "too-many-accounts",
            ProblemKind::TooManyRegions => "too-many-regions",
            ProblemKind::FutureTime => "future-time",
            ProblemKind::EventIdConflict => "event-id-conflict",
            ProblemKind::Unreadable => "unreadable",
            ProblemKind::OrphanAddendum => "orphan-addendum",
            ProblemKind::UnknownVersion => "unknown-version",
            ProblemKind::Other(name) => name,
        }
    }
}

/// A kind of problem, how often it was met, and the first example.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub kind: ProblemKind,
    pub count: u64,
    /// `line 3: reason` from the reader; whoever knows the file puts its name before it.
    pub example: String,
}

/// Problems by kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Problems(BTreeMap<ProblemKind, (u64, String)>);

impl Problems {
    /// Counts one problem; the example is made only for the first of its kind.
    pub fn add(&mut self, kind: ProblemKind, example: impl FnOnce() -> String) {
        self.add_many(kind, 1, example);
    }

    /// Counts several of a kind.
    pub fn add_many(&mut self, kind: ProblemKind, count: u64, example: impl FnOnce() -> String) {
        self.0.entry(kind).or_insert_with(|| (0, example())).0 += count;
    }

    /// Adds what another part of the run met.
    pub fn merge(&mut self, other: Problems) {
        for (kind, (count, example)) in other.0 {
            self.0.entry(kind).or_insert((0, example)).0 += count;
        }
    }

    /// Puts a file's name before every example.
    pub fn name_file(&mut self, file: &str) {
        for (_, example) in self.0.values_mut() {
            *example = match example.strip_prefix("line ") {
                Some(rest) => format!("{file}:{rest}"),
                None => format!("{file}: {example}"),
            };
        }
    }

    /// How often a kind was met.
    pub fn count(&self, kind: ProblemKind) -> u64 {
        self.0.get(&kind).map_or(0, |(count, _)| *count)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The problems, in the order of their kinds.
    pub fn iter(&self) -> impl Iterator<Item = Problem> + '_ {
        self.0.iter().map(|(kind, (count, example))| Problem {
            kind: *kind,
            count: *count,
            example: example.clone(),
        })
    }
}

/// A stretch of time for which an account and region seem to have no logs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    pub account: String,
    pub region: String,
    /// Microseconds since 1970.
    pub from: i64,
    pub to: i64,
    pub why: String,
}

/// What one file held.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileReport {
    /// Bytes of JSON, inflated.
    pub bytes: u64,
    /// Records read, before the prefilter.
    pub events: u64,
    /// Records that passed the prefilter and were handed over.
    pub rows: u64,
    pub bad_records: u64,
    /// Whether the file could not be read to its end or held nothing at all.
    pub failed: bool,
    /// The first and the last `eventTime`, in microseconds since 1970.
    pub first_event: Option<i64>,
    pub last_event: Option<i64>,
    /// Accounts that received the events.
    pub accounts: BTreeSet<String>,
    pub regions: BTreeSet<String>,
    pub problems: Problems,
}

/// What a whole run read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    pub files: u64,
    pub files_failed: u64,
    pub bytes: u64,
    pub events: u64,
    pub duplicates: u64,
    pub bad_records: u64,
    /// Addenda that patched the records they name.
    pub addenda: u64,
    /// Microseconds since 1970.
    pub first_event: Option<i64>,
    pub last_event: Option<i64>,
    pub accounts: BTreeSet<String>,
    pub regions: BTreeSet<String>,
    pub gaps: Vec<Gap>,
    pub problems: Problems,
}

impl Coverage {
    /// Counts a file in.
    pub fn add_file(&mut self, report: FileReport) {
        self.merge(Coverage {
            files: 1,
            files_failed: u64::from(report.failed),
            bytes: report.bytes,
            events: report.events,
            duplicates: 0,
            bad_records: report.bad_records,
            addenda: 0,
            first_event: report.first_event,
            last_event: report.last_event,
            accounts: report.accounts,
            regions: report.regions,
            gaps: Vec::new(),
            problems: report.problems,
        });
    }

    /// Adds another part of the run.
    pub fn merge(&mut self, other: Coverage) {
        self.files += other.files;
        self.files_failed += other.files_failed;
        self.bytes += other.bytes;
        self.events += other.events;
        self.duplicates += other.duplicates;
        self.bad_records += other.bad_records;
        self.addenda += other.addenda;
        self.first_event = self.first_event.into_iter().chain(other.first_event).min();
        self.last_event = self.last_event.into_iter().chain(other.last_event).max();
        self.accounts.extend(other.accounts);
        self.regions.extend(other.regions);
        self.gaps.extend(other.gaps);
        self.problems.merge(other.problems);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples_carry_the_file_and_merge_by_kind() {
        let mut problems = Problems::default();
        problems.add(ProblemKind::BadJson, || "line 3: expected `:`".into());
        problems.add(ProblemKind::BadJson, || {
            unreachable!("only the first example is made")
        });
        problems.add(ProblemKind::NoRecords, || "no record".into());
        problems.name_file("a.json.gz");
        let mut total = Problems::default();
        total.merge(problems.clone());
        total.merge(problems);
        let shown: Vec<String> = total
            .iter()
            .map(|p| format!("{} {} {}", p.kind.name(), p.count, p.example))
            .collect();
        assert_eq!(
            shown,
            [
                "bad-json 4 a.json.gz:3: expected `:`",
                "no-records 2 a.json.gz: no record"
            ]
        );
    }
}
