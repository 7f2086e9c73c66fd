//! The lake: files taken in once, whatever happens on the way, and read as they were.

use std::path::Path;
use std::sync::Arc;

use arrow_array::{Int64Array, RecordBatch, StringViewArray};
use arrow_schema::{DataType, Field, Schema};
use keyline_lake::delta::{Compacting, Ingest, Ingested, Lake, TableSpec, find_sources};
use keyline_lake::{ErrorKind, LogOptions};

use crate::folder::{
    all_columns, at, count, event, gz, key, micros, name, open, options, record, records, select,
    show, tree, tree_of,
};

/// A folder for a lake, with its name.
fn place() -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let location = folder.path().join("lake").to_string_lossy().into_owned();
    (folder, location)
}

#[track_caller]
fn ingest(location: &str, logs: &Path) -> Ingested {
    let lake = Lake::open_or_make(location).unwrap();
    let mut ingest = Ingest::open(&lake, options(2)).unwrap();
    ingest
        .take(find_sources(&[logs.to_owned()]).unwrap().files)
        .unwrap()
}

fn rows(location: &str) -> usize {
    let logs = Lake::open(location).unwrap().logs(options(2)).unwrap();
    count(&logs, None)
}

/// Nothing is wrong with it.
#[track_caller]
fn check(location: &str) {
    let verified = Lake::open(location).unwrap().verify(&|_, _| ()).unwrap();
    assert_eq!(verified.findings, []);
}

#[test]
fn a_lake_reads_as_the_files_did() {
    let logs = tree_of(4_000);
    let (_folder, location) = place();
    let taken = ingest(&location, logs.path());
    assert_eq!((taken.batches, taken.rows), (1, 4_000));
    assert_eq!(
        show(&taken.coverage),
        "files 400 failed 0 events 4000 duplicates 0 bad 0"
    );
    let raw = open(logs.path(), options(2));
    let lake = Lake::open(&location).unwrap();
    let read = lake.logs(options(2)).unwrap();
    let columns = all_columns(&raw);
    let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
    assert_eq!(select(&read, &columns, None), select(&raw, &columns, None));
    // Days are pruned by the query, and by the options.
    let late = name("TimeGenerated").gt_eq(at(2_900));
    assert_eq!(count(&read, Some(late)), 1_100);
    let some = LogOptions {
        since: Some(micros(2_880)),
        ..options(2)
    };
    let read = lake.logs(some).unwrap();
    assert_eq!(count(&read, None), 1_120);
    assert_eq!(read.survey().unwrap().files, 1);
    check(&location);
}

#[test]
fn what_was_taken_in_is_passed_over() {
    let logs = tree_of(100);
    let (_folder, location) = place();
    ingest(&location, logs.path());
    let again = ingest(&location, logs.path());
    assert_eq!((again.rows, again.skipped, again.batches), (0, 10, 0));
    // Copies under other names, written otherwise, with something new among them.
    let events: Vec<String> = (50..120)
        .map(|number| event(number).replace("\":", "\" : "))
        .collect();
    std::fs::write(logs.path().join("copies.json"), records(&events)).unwrap();
    let more = ingest(&location, logs.path());
    assert_eq!((more.rows, more.skipped, more.batches), (20, 10, 1));
    assert_eq!(more.coverage.duplicates, 50);
    assert_eq!(rows(&location), 120);
    check(&location);
}

#[test]
fn what_was_begun_is_finished_by_whoever_comes_next() {
    let logs = tree_of(60);
    let (_folder, location) = place();
    let files = find_sources(&[logs.path().to_owned()]).unwrap().files;
    let lake = Lake::open_or_make(&location).unwrap();
    let mut first = Ingest::open(&lake, options(2)).unwrap();
    first.take(files[..2].to_vec()).unwrap();
    // What a crash leaves: a batch that is written down, and files that no commit names.
    let listed: Vec<String> = files[2..4]
        .iter()
        .map(|file| {
            format!(
                r#"{{"name":"{}","version":"{}","bytes":{}}}"#,
                file.name, file.version, file.bytes
            )
        })
        .collect();
    let text = format!(
        r#"{{"schema":"keyline.ledger/1","batch":2,"files":[{}]}}"#,
        listed.join(",")
    );
    let home = Path::new(&location);
    std::fs::write(home.join("_ledger/00000000000000000002.json"), text).unwrap();
    let orphan = home.join("CloudTrail/Day=2026-03-01/events-2-orphan.parquet");
    std::fs::write(&orphan, b"cut off").unwrap();
    assert_eq!(rows(&location), 20);

    let taken = ingest(&location, logs.path());
    assert_eq!((taken.redone, taken.batches), (1, 1));
    assert_eq!((taken.rows, taken.skipped), (40, 4));
    assert_eq!(rows(&location), 60);
    check(&location);
    // The orphan goes when it is old enough, and nothing else does.
    assert_eq!(lake.vacuum(24, false).unwrap().files, 0);
    assert_eq!(lake.vacuum(0, false).unwrap().files, 1);
    assert!(!orphan.exists());
    assert_eq!(rows(&location), 60);
}

#[test]
fn writers_at_the_same_time_take_each_event_once() {
    let (_folder, location) = place();
    let folders: Vec<tempfile::TempDir> = (0..3)
        .map(|writer| {
            let files = (0..6).map(|file| {
                // Each shares most of its events with the others.
                let from = file * 40 + writer * 10;
                let events: Vec<String> = (from..from + 60).map(event).collect();
                (key(1, &format!("{writer}-{file}")), gz(&records(&events)))
            });
            tree(&files.collect::<Vec<_>>())
        })
        .collect();
    let lake = Lake::open_or_make(&location).unwrap();
    std::thread::scope(|scope| {
        for folder in &folders {
            let lake = lake.clone();
            scope.spawn(move || {
                let mut ingest = Ingest::open(&lake, options(1)).unwrap();
                for file in find_sources(&[folder.path().to_owned()]).unwrap().files {
                    ingest.take(vec![file]).unwrap();
                }
            });
        }
        // And somebody keeps moving the rows about.
        let lake = lake.clone();
        scope.spawn(move || {
            for _ in 0..5 {
                lake.compact(Compacting::Days(2), 2, 64 << 20, &|_, _| ())
                    .unwrap();
            }
        });
    });
    assert_eq!(rows(&location), 280);
    check(&location);
}

#[test]
fn compacting_keeps_the_rows_and_sorts_them() {
    let (_folder, location) = place();
    for part in 0..4 {
        let events: Vec<String> = (0..500).map(|number| event(number * 4 + part)).collect();
        let logs = tree(&[("x.json".to_owned(), records(&events))]);
        ingest(&location, logs.path());
    }
    let lake = Lake::open(&location).unwrap();
    let before = select(&lake.logs(options(1)).unwrap(), &["AwsEventId"], None);
    // Memory for a handful of rows at a time.
    let done = lake
        .compact(Compacting::Days(1), 1, 1 << 20, &|_, _| ())
        .unwrap();
    assert_eq!((done.days, done.files_before, done.files_after), (2, 8, 2));
    assert_eq!((done.rows, done.overtaken), (2_000, 0));
    assert_eq!(
        select(&lake.logs(options(1)).unwrap(), &["AwsEventId"], None),
        before
    );
    assert_eq!(
        lake.compact(Compacting::Days(1), 1, 1 << 20, &|_, _| ())
            .unwrap()
            .days,
        0
    );
    check(&location);
    // Copies are still recognised.
    let logs = tree(&[("y.json".to_owned(), records(&[event(3), event(9_000)]))]);
    assert_eq!(ingest(&location, logs.path()).rows, 1);
}

#[test]
fn old_days_go_and_are_told_apart() {
    let logs = tree_of(4_000);
    let (_folder, location) = place();
    ingest(&location, logs.path());
    let lake = Lake::open(&location).unwrap();
    let now = micros(3_999);
    let planned = lake.retain(1, now, true).unwrap();
    assert_eq!((planned.days, planned.rows), (1, 1_440));
    assert_eq!(rows(&location), 4_000);
    assert_eq!(lake.retain(1, now, false).unwrap(), planned);
    assert_eq!(rows(&location), 2_560);
    // What was taken in stays so: old files do not come back.
    assert_eq!(ingest(&location, logs.path()).rows, 0);
    check(&location);
}

#[test]
fn what_cannot_be_read_is_kept_in_mind() {
    let good = event(1);
    let logs = tree(&[
        (key(1, "a"), gz(&records(std::slice::from_ref(&good)))),
        (
            "b.json".to_owned(),
            b"{\"Records\":[{\"eventTime\":1".to_vec(),
        ),
        (
            "c.jsonl".to_owned(),
            format!("{good}\nnot json\n").into_bytes(),
        ),
    ]);
    let (_folder, location) = place();
    let taken = ingest(&location, logs.path());
    assert_eq!(taken.rows, 1);
    let lake = Lake::open(&location).unwrap();
    let spec = keyline_lake::delta::dead_letters();
    let letters = crate::folder::select_from(
        lake.table(&spec).unwrap(),
        &["Kind", "Count", "Source"],
        None,
    );
    let letters: Vec<String> = letters
        .lines()
        .map(|line| {
            let (rest, source) = line.rsplit_once('|').unwrap();
            format!("{rest}|{}", source.rsplit('/').next().unwrap())
        })
        .collect();
    assert!(
        letters.contains(&"bad-json|1|c.jsonl".to_owned()),
        "{letters:?}"
    );
    assert!(
        letters.iter().any(|line| line.ends_with("b.json")),
        "{letters:?}"
    );
}

#[test]
fn rows_of_other_tables_are_appended_once() {
    let (_folder, location) = place();
    let lake = Lake::open_or_make(&location).unwrap();
    let columns = Arc::new(Schema::new(vec![
        Field::new("Name", DataType::Utf8View, false),
        Field::new("Number", DataType::Int64, false),
    ]));
    let spec = TableSpec::whole("KeylineAlert", columns.clone());
    let batch = |name: &str, number: i64| {
        let names = StringViewArray::from(vec![name]);
        let numbers = Int64Array::from(vec![number]);
        RecordBatch::try_new(columns.clone(), vec![Arc::new(names), Arc::new(numbers)]).unwrap()
    };
    assert!(
        lake.append(&spec, &batch("a", 1), Some(("serve", 7)))
            .unwrap()
    );
    assert!(
        !lake
            .append(&spec, &batch("a", 1), Some(("serve", 7)))
            .unwrap()
    );
    assert!(
        !lake
            .append(&spec, &batch("a", 1), Some(("serve", 6)))
            .unwrap()
    );
    assert!(lake.append(&spec, &batch("b", 2), None).unwrap());
    assert_eq!(lake.mark(&spec, "serve").unwrap(), Some(7));
    let rows = crate::folder::select_from(lake.table(&spec).unwrap(), &["Name", "Number"], None);
    assert_eq!(rows, "a|1\nb|2");
    let names: Vec<String> = lake
        .tables()
        .unwrap()
        .into_iter()
        .map(|it| it.name)
        .collect();
    assert_eq!(names, ["KeylineAlert"]);
}

#[test]
fn raw_records_are_there_where_all_files_have_them() {
    let logs = tree(&[(
        "x.json".to_owned(),
        records(&[record(1, "\"eventName\":\"A\"")]),
    )]);
    let (_folder, location) = place();
    let lake = Lake::open_or_make(&location).unwrap();
    let keep = LogOptions {
        raw_record: keyline_lake::RawRecord::Keep,
        ..options(1)
    };
    let mut raw = Ingest::open(&lake, keep).unwrap();
    raw.take(find_sources(&[logs.path().to_owned()]).unwrap().files)
        .unwrap();
    let columns = |lake: &Lake| all_columns(&lake.logs(options(1)).unwrap());
    assert!(columns(&lake).contains(&"RawRecord".to_owned()));
    let more = tree(&[("y.json".to_owned(), records(&[event(2)]))]);
    ingest(&location, more.path());
    assert!(!columns(&lake).contains(&"RawRecord".to_owned()));
    assert_eq!(
        lake.compact(Compacting::Days(1), 1, 64 << 20, &|_, _| ())
            .unwrap()
            .rows,
        2
    );
    assert_eq!(rows(&location), 2);
}

#[test]
fn what_is_no_lake_of_ours_is_refused() {
    let (folder, location) = place();
    let kind = |location: &str| Lake::open(location).unwrap_err().kind();
    assert_eq!(kind(&location), ErrorKind::NoInput);
    std::fs::write(folder.path().join("something"), b"else").unwrap();
    let other = folder.path().to_string_lossy().into_owned();
    assert_eq!(
        Lake::open_or_make(&other).unwrap_err().kind(),
        ErrorKind::Foreign
    );
    // Another program has switched deletion vectors on.
    ingest(&location, tree_of(10).path());
    let home = Path::new(&location);
    let altered = r#"{"protocol":{"minReaderVersion":3,"minWriterVersion":7,"readerFeatures":["deletionVectors"],"writerFeatures":["deletionVectors"]}}"#;
    let log = home.join("CloudTrail/_delta_log/00000000000000000002.json");
    std::fs::write(log, altered).unwrap();
    let error = Lake::open(&location).unwrap().logs(options(1)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Foreign);
    assert!(error.to_string().contains("deletionVectors"), "{error}");
    // A lake of a newer Keyline.
    std::fs::write(
        home.join("keyline-lake.json"),
        br#"{"schema":"keyline.lake/2"}"#,
    )
    .unwrap();
    assert_eq!(kind(&location), ErrorKind::Newer);
}

#[cfg(unix)]
#[test]
fn nobody_else_may_look() {
    use std::os::unix::fs::PermissionsExt;
    let (_folder, location) = place();
    ingest(&location, tree_of(10).path());
    let mut waiting = vec![Path::new(&location).to_owned()];
    while let Some(path) = waiting.pop() {
        let mode = std::fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        if path.is_dir() {
            assert_eq!(mode, 0o700, "{}", path.display());
            let inside = std::fs::read_dir(&path).unwrap();
            waiting.extend(inside.map(|entry| entry.unwrap().path()));
        } else if !path.ends_with("lock") {
            assert_eq!(mode, 0o600, "{}", path.display());
        }
    }
}
