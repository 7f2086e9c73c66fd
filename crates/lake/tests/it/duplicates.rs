//! Duplicates are counted and dropped, conflicts are kept, whatever the query reads.

use keyline_lake::write_parquet;

use crate::folder::{
    count, equal, event, gz, id, key, open, options, record, records, select, show, tree,
};

#[test]
fn copies_across_files_count_once() {
    let first: Vec<String> = (0..20).map(event).collect();
    let again: Vec<String> = (10..30).map(event).collect();
    let folder = tree(&[
        (key(1, "a"), gz(&records(&first))),
        (key(1, "b"), gz(&records(&again))),
        ("copy/a.json".to_owned(), records(&first)),
    ]);
    for threads in [1, 4] {
        let logs = open(folder.path(), options(threads));
        assert_eq!(count(&logs, None), 30);
        assert_eq!(count(&logs, Some(equal("EventName", "ConsoleLogin"))), 6);
        let coverage = logs.coverage().unwrap();
        assert_eq!(
            show(&coverage),
            "files 3 failed 0 events 60 duplicates 30 bad 0"
        );
    }
}

#[test]
fn copies_that_are_written_differently_count_once() {
    let some: Vec<String> = (0..20).map(event).collect();
    let spaced: Vec<String> = some
        .iter()
        .map(|text| text.replace("\":", "\" : "))
        .collect();
    let folder = tree(&[
        (key(1, "a"), gz(&records(&some))),
        (key(1, "b"), gz(&records(&spaced))),
    ]);
    for threads in [1, 4] {
        let logs = open(folder.path(), options(threads));
        assert_eq!(count(&logs, None), 20);
        let out = tempfile::tempdir().unwrap();
        let logs = open(folder.path(), options(threads));
        let written = write_parquet(&logs, &out.path().join("x.parquet")).unwrap();
        assert_eq!(written.rows, 20);
        let shown = "files 2 failed 0 events 40 duplicates 20 bad 0";
        assert_eq!(show(&written.coverage), shown);
    }
}

#[test]
fn conflicts_are_kept() {
    let real = record(1, "\"eventName\":\"DeleteTrail\"");
    let forged = record(1, "\"eventName\":\"DescribeTrails\"");
    let other = record(2, "\"eventName\":\"DescribeTrails\"");
    let folder = tree(&[
        (key(1, "a"), gz(&records(&[real.clone(), other]))),
        (key(1, "b"), gz(&records(&[forged, real]))),
    ]);
    for threads in [1, 4] {
        let logs = open(folder.path(), options(threads));
        let rows = select(&logs, &["AwsEventId", "EventName"], None);
        let expected = [
            (1, "DeleteTrail"),
            (1, "DescribeTrails"),
            (2, "DescribeTrails"),
        ];
        let expected = expected.map(|(number, name)| format!("{}|{name}", id(number)));
        assert_eq!(rows, expected.join("\n"));
        let coverage = logs.coverage().unwrap();
        let shown = "files 2 failed 0 events 4 duplicates 1 bad 0\nevent-id-conflict 1";
        assert_eq!(show(&coverage), shown);
    }
}
