//! Scans: the same rows however the events lie in files and however many threads read them.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use keyline_lake::{ErrorKind, Logs};

use datafusion::common::{JoinType, ScalarValue};
use datafusion::functions::string::expr_fn::lower;
use datafusion::logical_expr::lit;

use crate::folder::{
    all_columns, at, collect, context, count, equal, event, gz, id, key, micros, name, open,
    options, records, select, show, tree, tree_of,
};

#[test]
fn rows_do_not_depend_on_threads() {
    let folder = tree_of(300);
    let rows = |threads| {
        let logs = open(folder.path(), options(threads));
        let columns = ["AwsEventId", "EventName", "TimeGenerated", "AWSRegion"];
        let rows = select(&logs, &columns, None);
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
    let rows = |logs: &Logs| {
        let columns = all_columns(logs);
        select(
            logs,
            &columns.iter().map(String::as_str).collect::<Vec<_>>(),
            None,
        )
    };
    let expected = rows(&open(whole.path(), options(2)));
    assert_eq!(expected.lines().count(), 40);
    assert_eq!(rows(&open(split.path(), options(2))), expected);
}

#[test]
fn filters_and_projections() {
    let folder = tree_of(100);
    let logs = open(folder.path(), options(2));
    let login = || equal("EventName", "ConsoleLogin");
    let lower_case = lower(name("EventName"));
    let text = |text: &str| lit(ScalarValue::Utf8View(Some(text.to_owned())));
    for (filter, expected) in [
        (login(), 20),
        (login().or(equal("EventName", "x")), 20),
        (
            name("EventName").in_list(vec![text("ConsoleLogin"), text("x")], false),
            20,
        ),
        (name("EventName").not_eq(text("ConsoleLogin")), 80),
        (lower_case.eq(text("consolelogin")), 20),
        (name("TimeGenerated").lt(at(10)), 10),
        (name("TimeGenerated").gt(at(10)).and(login()), 17),
    ] {
        assert_eq!(count(&logs, Some(filter.clone())), expected, "{filter}");
    }
    let one = name("TimeGenerated").eq(at(10));
    let row = select(&logs, &["EventName", "AwsEventId"], Some(one));
    assert_eq!(row, format!("ConsoleLogin|{}", id(10)));

    // A table named twice in one query, a count without columns, and a query that stops early.
    let context = context();
    let frame = || context.read_table(logs.sentinel_table().unwrap()).unwrap();
    let ids = |alias: &str| {
        frame()
            .select(vec![name("AwsEventId").alias(alias)])
            .unwrap()
    };
    let logins = frame().filter(login()).unwrap();
    let logins = logins
        .select(vec![name("AwsEventId").alias("other")])
        .unwrap();
    let joined = ids("one").join(logins, JoinType::Inner, &["one"], &["other"], None);
    assert_eq!(collect(joined.unwrap()).lines().count(), 20);
    let all = frame().aggregate(
        vec![],
        vec![datafusion::functions_aggregate::expr_fn::count(lit(1))],
    );
    assert_eq!(collect(all.unwrap()), "100");
    assert_eq!(
        collect(ids("one").limit(0, Some(7)).unwrap())
            .lines()
            .count(),
        7
    );
    let shown = "files 10 failed 0 events 100 duplicates 0 bad 0";
    assert_eq!(show(&logs.coverage().unwrap()), shown);
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
    assert_eq!(count(&logs, None), 10);
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
    let nothing = Logs::open(&[empty.path().to_owned()], options(2)).unwrap_err();
    assert_eq!(nothing.kind(), ErrorKind::NoInput, "{nothing}");
}
