//! Bad input through the table: it is counted with its reason, and the rest is read.

use keyline_lake::{ErrorKind, Logs};

use crate::folder::{at, event, gz, key, micros, name, open, options, records, select, show, tree};

#[test]
fn bad_files_and_records_do_not_stop_the_run() {
    let good = records(&[event(1), event(2)]);
    let mut truncated = gz(&records(&(10..200).map(event).collect::<Vec<_>>()));
    truncated.truncate(truncated.len() / 2);
    let deep = [vec![b'['; 100_000], vec![b']'; 100_000]].concat();
    let files = [
        (key(1, "good"), gz(&good)),
        (key(1, "truncated"), truncated),
        (key(1, "empty"), gz(b"")),
        (key(1, "not-gzip"), b"\x1f\x8bnot really".to_vec()),
        (key(1, "other"), gz(b"{\"hello\": 1}")),
        (
            "a.jsonl".to_owned(),
            [
                event(3).into_bytes(),
                b"\nnot json\n".to_vec(),
                event(4).into_bytes(),
            ]
            .concat(),
        ),
        ("deep.json".to_owned(), deep),
        ("nul.json".to_owned(), vec![0; 1000]),
        (
            "AWSLogs/111122223333/CloudTrail-Digest/us-east-1/2026/03/01/d.json.gz".to_owned(),
            gz(b"{}"),
        ),
    ];
    let folder = tree(&files);
    let coverage = |threads| {
        let logs = open(folder.path(), options(threads));
        let early = name("TimeGenerated").lt_eq(at(4));
        let rows = select(&logs, &["AwsEventId"], Some(early));
        assert_eq!(rows.lines().count(), 4, "{rows}");
        logs.coverage().unwrap()
    };
    let one = coverage(1);
    assert_eq!(one, coverage(4));
    assert_eq!(one.files, 8);
    assert!(one.files_failed >= 3, "{}", show(&one));
    for kind in [
        "bad-json",
        "truncated-gzip",
        "no-records",
        "passed-over-digest",
    ] {
        assert!(
            one.problems
                .iter()
                .any(|problem| problem.kind.name() == kind),
            "{kind}\n{}",
            show(&one)
        );
    }
}

#[cfg(unix)]
#[test]
fn what_cannot_be_read_is_a_failed_file() {
    let folder = tree(&[(key(1, "a"), gz(&records(&[event(1)])))]);
    std::os::unix::fs::symlink("nowhere", folder.path().join("broken.json")).unwrap();
    let coverage = open(folder.path(), options(1)).survey().unwrap();
    assert_eq!(
        show(&coverage),
        "files 2 failed 1 events 1 duplicates 0 bad 0\nunreadable 1"
    );
}

#[test]
fn json_of_another_sort_is_passed_over_where_it_was_found() {
    let other =
        "{\n  \"syncToken\": \"1\",\n  \"prefixes\": [{\"ip_prefix\": \"192.0.2.0/24\"}]\n}\n";
    let folder = tree(&[
        (key(1, "a"), gz(&records(&[event(1)]))),
        ("ip-ranges.json".to_owned(), other.into()),
    ]);
    let coverage = open(folder.path(), options(1)).survey().unwrap();
    assert_eq!(
        show(&coverage),
        "files 1 failed 0 events 1 duplicates 0 bad 0\npassed-over-not-a-log 1"
    );
    // Whoever names it wants to know.
    let named = open(&folder.path().join("ip-ranges.json"), options(1));
    assert_eq!(named.survey().unwrap().files_failed, 1);
}

#[test]
fn folders_without_a_log_are_no_quiet_day() {
    let digest = "AWSLogs/111122223333/CloudTrail-Digest/us-east-1/2026/03/01/d.json.gz";
    for (files, why) in [
        (vec![], ""),
        (
            vec![(digest.to_owned(), gz(b"{}"))],
            "; passed over digest × 1, as ",
        ),
    ] {
        let folder = tree(&files);
        let path = folder.path().to_path_buf();
        let error = Logs::open(&[path], options(1)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NoInput);
        let begin = format!("there is no log file in `{}`{why}", folder.path().display());
        assert!(error.to_string().starts_with(&begin), "{error}");
    }
}

#[test]
fn a_time_without_events_is_told() {
    let folder = tree(&[(key(1, "a"), gz(&records(&[event(1)])))]);
    for (days_after, shown) in [(0, ""), (40, "\npassed-over-outside-span 1")] {
        let mut options = options(1);
        let day = 86_400_000_000;
        options.since = Some(micros(1) + days_after * day + 60_000_000);
        let coverage = open(folder.path(), options).survey().unwrap();
        let (files, problem) = match shown {
            "" => (1, "\noutside-span 1"),
            _ => (0, shown),
        };
        let expected = format!("files {files} failed 0 events {files} duplicates 0 bad 0{problem}");
        assert_eq!(show(&coverage), expected);
    }
}
