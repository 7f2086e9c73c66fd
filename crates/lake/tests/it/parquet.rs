//! Parquet: what is written comes back, and only what Keyline wrote is taken.

use keyline_lake::{ErrorKind, Logs, ParquetLogs, write_parquet};

use crate::folder::{
    all_columns, at, count, equal, event, name, open, open_all, options, record, select, show,
    tree_of,
};

#[test]
fn what_is_written_comes_back() {
    let folder = tree_of(500);
    let logs = open(folder.path(), options(2));
    let out = tempfile::tempdir().unwrap();
    let path = out.path().join("events.parquet");
    let written = write_parquet(&logs, &path).unwrap();
    assert_eq!(written.rows, 500);
    assert_eq!(
        std::fs::read_dir(out.path()).unwrap().count(),
        1,
        "no partial file is left"
    );
    let back = open(&path, options(2));
    let all = all_columns(&logs);
    assert_eq!(all_columns(&back), all);
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    let late_login = equal("EventName", "ConsoleLogin").and(name("TimeGenerated").gt(at(60)));
    for (columns, filter) in [
        (&all[..], None),
        (&all[..55], None),
        (&["AwsEventId"], Some(late_login)),
    ] {
        let expected = select(&logs, columns, filter.clone());
        assert_eq!(select(&back, columns, filter), expected, "{columns:?}");
    }
    let (read, kept) = (logs.coverage().unwrap(), back.survey().unwrap());
    assert_eq!(
        show(&kept),
        "files 1 failed 0 events 500 duplicates 0 bad 0"
    );
    assert_eq!(
        (kept.first_event, kept.last_event),
        (read.first_event, read.last_event)
    );
    assert_eq!(
        (&kept.accounts, &kept.regions),
        (&read.accounts, &read.regions)
    );

    // Beside log files, and clipped to a span.
    let more = tempfile::tempdir().unwrap();
    let text = format!("{}\n{}", event(1000), record(1001, "\"eventName\":\"x\""));
    std::fs::write(more.path().join("more.jsonl"), text).unwrap();
    let both = [path.clone(), more.path().to_owned()];
    let all = open_all(&both, options(2));
    assert_eq!(count(&all, None), 502);
    assert_eq!(all.coverage().unwrap().events, 502);
    let mut clipped = options(2);
    clipped.since = read.last_event;
    let clipped = open_all(&both, clipped);
    let others = equal("EventName", "x").is_false();
    assert_eq!(count(&clipped, Some(others)), 2);
}

#[test]
fn foreign_parquet_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.parquet");
    std::fs::write(&path, b"PAR1 and nothing else PAR1").unwrap();
    let broken = Logs::open(&[path], options(1)).unwrap_err();
    assert_eq!(broken.kind(), ErrorKind::Internal);
    let missing = ParquetLogs::open(&["no.parquet".into()]).unwrap_err();
    assert!(missing.to_string().contains("no.parquet"), "{missing}");
}
#[test]
fn a_file_that_cannot_be_read_is_counted() {
    let folder = tempfile::tempdir().unwrap();
    // A name that would be a pattern.
    let inside = folder.path().join("a[b]*?#%20 c");
    std::fs::create_dir(&inside).unwrap();
    let logs = tree_of(20);
    let logs = open(logs.path(), options(1));
    write_parquet(&logs, &inside.join("events.parquet")).unwrap();
    std::fs::write(inside.join("broken.parquet"), b"PAR1 and no more").unwrap();
    let back = open(folder.path(), options(1));
    assert_eq!(count(&back, None), 20);
    let coverage = show(&back.survey().unwrap());
    assert_eq!(
        coverage,
        "files 2 failed 1 events 20 duplicates 0 bad 0\nunreadable 1"
    );
}
