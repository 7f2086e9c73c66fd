//! Logs, queries and rules that are wrong: a message that says where, what and what to do, the
//! documented exit code, and everything readable still read.

use std::io::Write;

use flate2::{Compression, write::GzEncoder};

use crate::support::{Folder, Output, record, three_events};

fn gz(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

/// Counts the events of one file, which must not end the run whatever it holds.
#[track_caller]
fn count(name: &str, content: &[u8]) -> (String, Output) {
    let folder = Folder::new();
    folder.write(name, content);
    let output = folder
        .run(
            &["query", "CloudTrail | count", "-o", "csv", "--data", name],
            b"",
        )
        .expect(0);
    (
        output.stdout.trim_start_matches("Count").trim().to_owned(),
        output,
    )
}

#[test]
fn files_that_are_broken_are_counted_with_their_reason() {
    let good = three_events();
    let whole = gz(good.as_bytes());
    let deep = format!(
        "{{\"Records\":[{}{}]}}",
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    for (name, content, events, reason) in [
        (
            "cut.json.gz",
            whole[..whole.len() - 12].to_vec(),
            None,
            "truncated",
        ),
        ("empty.json", Vec::new(), Some("0"), "no-records"),
        (
            "none.json",
            b"{\"Records\":[]}".to_vec(),
            Some("0"),
            "no-records",
        ),
        (
            "half.json",
            good.as_bytes()[..good.len() / 2].to_vec(),
            Some("1"),
            "bad-json",
        ),
        (
            "text.json",
            b"this is no log\n".to_vec(),
            Some("0"),
            "text.json",
        ),
        ("deep.json", deep.into_bytes(), Some("0"), "deep.json"),
    ] {
        let (counted, output) = count(name, &content);
        if let Some(events) = events {
            assert_eq!(counted, events, "{name}: {}", output.stderr);
        }
        output.says(&["coverage:", reason]);
    }
}

#[test]
fn bytes_that_are_no_text_do_not_lose_the_event() {
    let mut line = record("2024-05-01T12:00:00Z", "s3.amazonaws.com", "Get", "").into_bytes();
    let at = line.windows(3).position(|w| w == b"aws").unwrap();
    line[at] = 0xff;
    let (counted, output) = count("bytes.jsonl", &line);
    assert_eq!(counted, "1");
    output.says(&["invalid-utf8"]);
}

#[test]
fn hostile_text_reaches_neither_terminal_nor_spreadsheet() {
    let folder = Folder::new();
    let hostile = record("2024-05-01T12:00:00Z", "s3.amazonaws.com", "=cmd()", "")
        .replace("aws-cli/2.15", "x\\u001b]0;owned\\u0007\\u202e");
    folder.write("log.jsonl", hostile);
    for format in ["table", "markdown"] {
        let query = "CloudTrail | project UserAgent";
        let shown = folder
            .run(&["query", query, "-o", format, "--data", "log.jsonl"], b"")
            .expect(0)
            .stdout;
        assert!(
            !shown.contains('\u{1b}') && !shown.contains('\u{202e}'),
            "{shown:?}"
        );
        assert!(shown.contains("owned"), "{shown:?}");
    }
    let query = "CloudTrail | project EventName";
    let csv = folder
        .run(&["query", query, "-o", "csv", "--data", "log.jsonl"], b"")
        .expect(0)
        .stdout;
    assert_eq!(csv, "EventName\n'=cmd()\n");
}

#[test]
fn a_path_that_is_not_there_is_named() {
    Folder::new()
        .run(&["query", "CloudTrail", "--data", "missing"], b"")
        .expect(1)
        .says(&["missing"]);
    Folder::new()
        .line("hunt missing")
        .expect(1)
        .says(&["missing"]);
}

#[test]
fn a_wrong_query_is_shown_with_its_place() {
    let folder = Folder::new();
    folder.write("q.kql", "AWSCloudTrail\n| where EventNam == 'x'\n");
    folder
        .line("query -f q.kql")
        .expect(1)
        .says(&["q.kql:2:9", "EventNam", "EventName"]);
    folder.write("log.json", three_events());
    // It is wrong before anything is read; what fails later says what was read.
    let output = folder.line("query -q -f q.kql --data log.json").expect(1);
    assert!(!output.stderr.contains("coverage"), "{}", output.stderr);
    let query = "AWSCloudTrail | where assert(false, 'no such day')";
    folder
        .run(&["query", "-q", query, "--data", "log.json"], b"")
        .expect(1)
        .says(&["no such day", "coverage: 1 file"]);
    let output = folder.line("query -f q.kql -o json").expect(1);
    let error = &output.json()["errors"][0];
    assert_eq!(
        (error["line"].as_u64(), error["column"].as_u64()),
        (Some(2), Some(9)),
        "{error}"
    );
    assert_eq!(
        (error["start"].as_u64(), error["length"].as_u64()),
        (Some(22), Some(8)),
        "{error}"
    );
}

#[test]
fn a_mistake_in_a_rule_is_placed_in_its_file() {
    let folder = Folder::new();
    folder.write(
        "r.yaml",
        "id: 00000000-0000-0000-0000-000000000001\nname: é\nkind: Scheduled\nquery: |\n  AWSCloudTrail\n  | where EventNam == 'x'\n",
    );
    let answer = folder.line("kql check r.yaml -o json").expect(1).json();
    let error = &answer[0]["errors"][0];
    let (line, column) = (error["line"].as_u64(), error["column"].as_u64());
    assert_eq!((line, column), (Some(6), Some(11)), "{answer}");
    assert_eq!(error["length"].as_u64(), Some(8), "{answer}");
    let shown = folder.line("kql check r.yaml").expect(1);
    shown.says(&["r.yaml:6:11", "  | where EventNam == 'x'"]);
}

#[test]
fn what_is_valid_but_cannot_run_is_called_unsupported() {
    let folder = Folder::new();
    folder.write("q.kql", "print geo_info_from_ip_address('192.0.2.1')");
    let answer = folder.line("kql check q.kql -o json").expect(0).json();
    assert_eq!(answer[0]["errors"].as_array().unwrap().len(), 0, "{answer}");
    assert!(
        answer[0]["unsupported"][0]["message"]
            .as_str()
            .unwrap()
            .contains("geo_info_from_ip_address"),
        "{answer}"
    );
}

#[test]
fn a_reference_that_is_not_allowed_is_refused_with_the_way_out() {
    let folder = Folder::new();
    let query = "externaldata(a:string)['https://example.com/list.csv'] | count";
    folder
        .run(&["query", query], b"")
        .expect(1)
        .says(&["https://example.com/list.csv", "--ref"]);
    folder.write("empty.csv", "");
    let reference = "https://example.com/list.csv=empty.csv";
    folder
        .run(&["query", query, "--ref", reference], b"")
        .expect(1)
        .says(&["empty"]);
    folder
        .run(
            &[
                "query",
                query,
                "--ref",
                "https://example.com/list.csv=nowhere",
            ],
            b"",
        )
        .expect(1)
        .says(&["nowhere"]);
}
