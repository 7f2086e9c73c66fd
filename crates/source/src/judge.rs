//! What a file's name says: to be read, to be passed over, or to be looked into.
//!
//! In: a path, of a folder or of a bucket, and what is wanted. Out: a verdict, the same for both, and what the path
//! says of account, region and day. Nothing is opened here.

use crate::files::{FileKind, PassedOver};
use crate::layout::{self, Delivery, LogKey, Wanted, What};

/// What is to be done with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Take(FileKind),
    PassOver(PassedOver),
    /// Its name does not say what it is.
    LookInside,
}

/// Judges a file by its path.
pub(crate) fn judge(path: &str, wanted: &Wanted) -> (Option<LogKey>, Verdict) {
    let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
    let key = layout::parse(path);
    let verdict = judge_key(key.as_ref(), name, wanted).map_or_else(
        || kind_of_name(name).map_or(Verdict::LookInside, Verdict::Take),
        Verdict::PassOver,
    );
    (key, verdict)
}

/// Why a file is passed over, as far as its place says.
fn judge_key(key: Option<&LogKey>, name: &str, wanted: &Wanted) -> Option<PassedOver> {
    let delivery = key.map_or_else(|| layout::delivery_of_name(name), |key| key.delivery);
    match (delivery, wanted.what) {
        (Delivery::Digest, What::Logs) => return Some(PassedOver::Digest),
        (Delivery::Digest, What::Digests) => {}
        (_, What::Digests) => return Some(PassedOver::Unknown),
        (Delivery::OtherService, _) => return Some(PassedOver::OtherService),
        _ => {}
    }
    let key = key?;
    if key.day.is_some_and(|day| !wanted.span.holds(day)) {
        return Some(PassedOver::OutsideSpan);
    }
    if !wanted.wants_account(&key.account) {
        return Some(PassedOver::OtherAccount);
    }
    let other = !key.region.is_empty() && !wanted.wants_region(&key.region);
    other.then_some(PassedOver::OtherRegion)
}

fn kind_of_name(name: &str) -> Option<FileKind> {
    let name = name.to_ascii_lowercase();
    let ends = |endings: &[&str]| endings.iter().any(|ending| name.ends_with(ending));
    if ends(&[".parquet"]) {
        Some(FileKind::Parquet)
    } else if ends(&[".json", ".jsonl", ".ndjson", ".gz"]) {
        Some(FileKind::Logs)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(path: &str, expected: &str) {
        let wanted = Wanted {
            accounts: vec!["111122223333".to_owned()],
            regions: vec!["us-east-1".to_owned(), "eu-west-1".to_owned()],
            ..Wanted::default()
        };
        let shown = match judge(path, &wanted).1 {
            Verdict::Take(kind) => format!("{kind:?}"),
            Verdict::PassOver(why) => why.name().to_owned(),
            Verdict::LookInside => "?".to_owned(),
        };
        assert_eq!(shown, expected, "{path}");
    }

    #[test]
    fn names_say_what_they_are() {
        let of = |account: &str, service: &str, region: &str| {
            format!(
                "b/AWSLogs/{account}/{service}/{region}/2026/03/01/{account}_{service}_{region}_x.json.gz"
            )
        };
        check(&of("111122223333", "CloudTrail", "us-east-1"), "Logs");
        check(
            &of("111122223333", "CloudTrail-Insight", "eu-west-1"),
            "Logs",
        );
        check(
            &of("111122223333", "CloudTrail", "eu-west-2"),
            "passed-over-other-region",
        );
        check(
            &of("444455556666", "CloudTrail", "us-east-1"),
            "passed-over-other-account",
        );
        check(
            &of("111122223333", "CloudTrail-Digest", "us-east-1"),
            "passed-over-digest",
        );
        check(
            &of("111122223333", "Config", "us-east-1"),
            "passed-over-other-service",
        );
        check("anywhere/a.JSONL", "Logs");
        check("anywhere/a.parquet", "Parquet");
        check("anywhere/a", "?");
    }
}
