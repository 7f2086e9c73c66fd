//! Scans: the same rows however the events lie in files and however many threads read them.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use keyline_lake::{ErrorKind, Logs};

use crate::folder::{
    event, gz, id, key, micros, open, open_all, options, query, records, show, tree, tree_of,
};

#[test]
fn rows_do_not_depend_on_threads() {
    let folder = tree_of(300);
    let rows = |threads| {
        let logs = open(folder.path(), options(threads));
        let rows = query(
            &logs,
            "select AwsEventId, EventName, TimeGenerated, AWSRegion from AWSCloudTrail",
        );
        (rows, logs.coverage().unwrap())
    };
    let (one, coverage_of_one) = rows(1);
    let (four, coverage_of_four) = rows(4);
    assert_eq!(one.lines().count(), 300);
    assert!(
        one.starts_with(&format!(
            "{}|ConsoleLogin|2026-03-01T00:00:00Z|us-east-1",
            id(0)
        )),
        "{one}"
    );
    assert_eq!(one, four);
    assert_eq!(coverage_of_one, coverage_of_four);
    assert_eq!(
        show(&coverage_of_one),
        "files 30 failed 0 events 300 duplicates 0 bad 0"
    );
    assert_eq!(coverage_of_one.first_event, Some(micros(0)));
    assert_eq!(coverage_of_one.last_event, Some(micros(299)));
}

#[test]
fn rows_do_not_depend_on_the_files() {
    let events: Vec<String> = (0..40).map(event).collect();
    let mut backwards = events.clone();
    backwards.reverse();
    let whole = tree(&[(key(1, "all"), gz(&records(&events)))]);
    let split = tree(&[
        (key(1, "b"), gz(&records(&backwards[..15]))),
        (
            "loose/a.jsonl".to_owned(),
            backwards[15..].join("\n").into_bytes(),
        ),
    ]);
    let sql = "select * from CloudTrail";
    let rows = query(&open(whole.path(), options(2)), sql);
    assert_eq!(rows.lines().count(), 40);
    assert_eq!(query(&open(split.path(), options(2)), sql), rows);
}

#[test]
fn filters_and_projections() {
    let folder = tree_of(100);
    let logs = open(folder.path(), options(2));
    let check = |sql: &str, expected: &str| assert_eq!(query(&logs, sql), expected, "{sql}");
    check("select count(*) from AWSCloudTrail", "100");
    check(
        "select count(*) from CloudTrail where EventName = 'ConsoleLogin'",
        "20",
    );
    check(
        "select count(*) from CloudTrail where EventName in ('ConsoleLogin', 'x')",
        "20",
    );
    check(
        "select count(*) from CloudTrail where EventName <> 'ConsoleLogin'",
        "80",
    );
    check(
        "select count(*) from CloudTrail where lower(EventName) = 'consolelogin'",
        "20",
    );
    check(
        "select EventName, AwsEventId from AWSCloudTrail where TimeGenerated = '2026-03-01T00:10:00Z'",
        &format!("ConsoleLogin|{}", id(10)),
    );
    check(
        "select count(*) from CloudTrail where TimeGenerated < '2026-03-01T00:10:00Z'",
        "10",
    );
    // A table named twice in one query.
    check(
        "select count(*) from AWSCloudTrail a join AWSCloudTrail b on a.AwsEventId = b.AwsEventId \
         where b.EventName = 'ConsoleLogin'",
        "20",
    );
    check(
        "select count(*) from (select AwsEventId from CloudTrail limit 7)",
        "7",
    );
    assert_eq!(
        show(&logs.coverage().unwrap()),
        "files 10 failed 0 events 100 duplicates 0 bad 0"
    );
}

#[test]
fn the_sentinel_table_has_its_columns_exactly() {
    let folder = tree_of(1);
    let logs = open(folder.path(), options(1));
    let schema = logs.sentinel_table().unwrap().schema();
    assert_eq!(schema.fields().len(), 55);
    assert_eq!(schema.field(0).name(), "TimeGenerated");
    assert_eq!(schema.field(54).name(), "_IsBillable");
    let all = logs.table().unwrap().schema();
    assert_eq!(all.fields()[..55], schema.fields()[..]);
    assert!(all.field_with_name("SessionKey").is_ok());
    assert!(all.field_with_name("RawRecord").is_err());
}

#[test]
fn since_and_until_cut_exactly_and_skip_files() {
    let folder = tree_of(3 * 1440);
    let mut options = options(2);
    (options.since, options.until) = (Some(micros(100)), Some(micros(109)));
    let logs = open(folder.path(), options);
    assert_eq!(query(&logs, "select count(*) from AWSCloudTrail"), "10");
    let coverage = logs.coverage().unwrap();
    // The first two days are read, for the second is within a day of the span.
    assert_eq!(coverage.events, 2880);
    assert!(
        show(&coverage).ends_with("passed-over-outside-span 144"),
        "{}",
        show(&coverage)
    );
}

#[test]
fn gaps_are_whole_days() {
    let files =
        [1, 2, 3, 5, 6].map(|day| (key(day, "x"), gz(&records(&[event((day - 1) * 1440)]))));
    let folder = tree(&files);
    let coverage = open(folder.path(), options(2)).survey().unwrap();
    assert_eq!(coverage.gaps.len(), 1);
    assert_eq!(coverage.gaps[0].from, micros(3 * 1440));
    assert_eq!(coverage.gaps[0].to, micros(4 * 1440));
}

#[test]
fn events_of_the_future_are_a_problem() {
    let folder = tree_of(20);
    let mut options = options(2);
    options.now = Some(micros(9) - 86_400_000_000);
    let coverage = open(folder.path(), options).survey().unwrap();
    assert_eq!(
        show(&coverage),
        "files 2 failed 0 events 20 duplicates 0 bad 0\nfuture-time 10"
    );
    assert_eq!(coverage.last_event, Some(micros(9)));
}

#[test]
fn progress_is_told() {
    let folder = tree_of(50);
    let files = Arc::new(AtomicU64::new(0));
    let seen = files.clone();
    let mut options = options(2);
    options.progress = Some(Arc::new(move |progress| {
        seen.fetch_max(progress.files, Ordering::Relaxed);
        assert_eq!(progress.files_total, 5);
    }));
    open(folder.path(), options).survey().unwrap();
    assert_eq!(files.load(Ordering::Relaxed), 5);
}

#[test]
fn nothing_there() {
    let missing = Logs::open(&[PathBuf::from("no/such/place")], options(1)).unwrap_err();
    assert!(matches!(missing.kind(), ErrorKind::Source(_)), "{missing}");
    let empty = tempfile::tempdir().unwrap();
    let logs = open_all(&[empty.path().to_owned()], options(2));
    assert_eq!(query(&logs, "select count(*) from AWSCloudTrail"), "0");
    assert_eq!(
        show(&logs.coverage().unwrap()),
        "files 0 failed 0 events 0 duplicates 0 bad 0"
    );
}
