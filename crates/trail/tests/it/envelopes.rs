//! Records in every envelope, and what is no record.

use keyline_trail::Column::{self, *};

use crate::support::{batches, check, gz, options, problems, rows, streamed};

const COLUMNS: &[Column] = &[EventName, AwsEventId];

fn record(name: &str) -> String {
    format!(
        r#"{{"eventVersion":"1.08","eventTime":"2023-07-10T11:30:50Z","eventName":"{name}","eventID":"id-{name}","eventSource":"ec2.amazonaws.com"}}"#
    )
}

const AB: &[&str] = &["id-A | A", "id-B | B"];

#[test]
fn known_envelopes() {
    let (a, b) = (record("A"), record("B"));
    let pretty = |text: &str| {
        let value: serde_json::Value = serde_json::from_str(text).unwrap();
        serde_json::to_string_pretty(&value).unwrap()
    };
    let detail = |record: &str| {
        format!(
            r#"{{"version":"0","id":"x","detail-type":"AWS API Call via CloudTrail","resources":[],"detail":{record},"region":"eu-west-1"}}"#
        )
    };
    let entry = |name: &str, record: &str| {
        format!(
            r#"{{"EventId":"id-{name}","EventName":"{name}","CloudTrailEvent":{},"Resources":[]}}"#,
            serde_json::to_string(record).unwrap()
        )
    };
    for text in [
        format!(r#"{{"Records":[{a},{b}]}}"#),
        format!(r#"{{"other":{{"x":[1]}},"Records":[{a}],"more":1,"Records":[{b}],"last":{{}}}}"#),
        pretty(&format!(r#"{{"Records":[{a},{b}]}}"#)),
        format!("[{a},{b}]"),
        format!("[\n  {a},\n  {b}\n]\n"),
        format!("{a}\n{b}\n"),
        format!("{a}\r\n\r\n{b}"),
        format!("{a}{b}"),
        format!("{a},\n{b},\n"),
        format!("\u{feff}{a}\n{b}"),
        format!("\u{1e}{a}\n\u{1e}{b}\n"),
        format!("{}\n{}", pretty(&a), pretty(&b)),
        format!("{}\n{}", detail(&a), detail(&b)),
        format!("[{},{}]", detail(&a), detail(&b)),
        format!(
            r#"{{"Events":[{},{}],"NextToken":"x"}}"#,
            entry("A", &a),
            entry("B", &b)
        ),
        pretty(&format!(
            r#"{{"NextToken":"x","Events":[{},{}]}}"#,
            entry("A", &a),
            entry("B", &b)
        )),
        format!("{}\n{}", entry("A", &a), entry("B", &pretty(&b))),
        format!(r#"{{"Records":[{a}]}}{{"Records":[{b}]}}"#),
        format!(r#"[{{"Records":[{a}]}},{b}]"#),
        format!("{}\n{}", detail(&a), entry("B", &detail(&b))),
    ] {
        check(&text, COLUMNS, AB, &[]);
    }
}

#[test]
fn one_record() {
    check(record("A"), COLUMNS, &["id-A | A"], &[]);
    check(
        format!(r#"{{"Records":[{}]}}"#, record("A")),
        COLUMNS,
        &["id-A | A"],
        &[],
    );
}

#[test]
fn gz_members_and_padding() {
    let mut bytes = gz(record("A").as_bytes());
    bytes.extend(gz(b"\n"));
    bytes.extend(gz(record("B").as_bytes()));
    let (found, report) = batches(&bytes, &options(COLUMNS));
    assert_eq!(rows(&found), AB);
    assert!(report.problems.is_empty());
    bytes.extend([0; 512]);
    assert_eq!(rows(&batches(&bytes, &options(COLUMNS)).0), AB);
}

#[test]
fn nothing_inside() {
    for text in ["", " \n ", "{\"Records\":[]}", "[]", "\0\0\0"] {
        check(text, COLUMNS, &[], &["no-records 1"]);
    }
    check(
        r#"{"awsAccountId":"111122223333","logFiles":[]}"#,
        COLUMNS,
        &[],
        &["not-a-record 1", "no-records 1"],
    );
    check(
        r#"{"logEvents":[{"message":"x"}]}"#,
        COLUMNS,
        &[],
        &["not-a-record 1", "no-records 1"],
    );
    let (_, report) = batches(b"{\"Records\":[]}", &options(COLUMNS));
    assert!(!report.failed);
    let (_, report) = batches(b"", &options(COLUMNS));
    assert!(report.failed);
}

#[test]
fn strangers_among_records() {
    let (a, b) = (record("A"), record("B"));
    check(
        format!(r#"[{a},null,"x",7,{{"x":1}},{b}]"#),
        COLUMNS,
        AB,
        &["not-a-record 4"],
    );
    check(
        format!("{a}\n\"x\"\n{{}}\n{b}"),
        COLUMNS,
        AB,
        &["not-a-record 2"],
    );
}

#[test]
fn bad_records_do_not_stop_the_file() {
    let (a, b) = (record("A"), record("B"));
    let half = &a[..a.len() / 2];
    let in_string = &a[..a.find("ec2").unwrap() + 2];
    for bad in [
        half,
        in_string,
        "not json",
        "not \"json",
        r#"{"eventName":}"#,
        r#"{"eventName":"x","requestParameters":{"a":[1}}"#,
        r#"{"eventName":"x" "eventID":"y"}"#,
        r#"{eventName:"x"}"#,
        r#"{"eventName":"x","requestParameters":{"a":{"b":1}"#,
        r#"{"eventName":"x","requestParameters":[{"a":"#,
        r#"{'eventName':'x'}"#,
    ] {
        check(format!("{a}\n{bad}\n{b}\n"), COLUMNS, AB, &["bad-json 1"]);
    }
    for bad in [
        r#"{"eventName":}"#,
        r#"{"eventName":"x" "eventID":"y"}"#,
        r#"{"eventName":"x","requestParameters":{"a":[1}}"#,
        half,
        in_string,
    ] {
        check(
            format!(r#"{{"Records":[{a},{bad},{b}]}}"#),
            COLUMNS,
            AB,
            &["bad-json 1"],
        );
    }
    check(format!("{a}\n{half}"), COLUMNS, &AB[..1], &["bad-json 1"]);
    check(
        format!(r#"{{"Records":[{a},{b}"#),
        COLUMNS,
        AB,
        &["bad-json 1"],
    );
    check(
        format!(r#"{{"Records":[{a},"#),
        COLUMNS,
        &AB[..1],
        &["bad-json 1"],
    );
}

#[test]
fn problems_say_where() {
    let text = format!("{}\n\n{{\"eventName\": x}}\n", record("A"));
    let (_, report) = batches(text.as_bytes(), &options(COLUMNS));
    let examples: Vec<String> = report
        .problems
        .iter()
        .map(|problem| problem.example)
        .collect();
    assert_eq!(examples, ["line 3: expected a JSON value"]);
    assert_eq!((report.events, report.rows, report.bad_records), (1, 1, 1));
}

#[test]
fn a_gz_file_that_breaks_off_keeps_what_came_before() {
    let text: String = (0..2000)
        .map(|n| record(&format!("E{}", n * 7919 % 2000)) + "\n")
        .collect();
    let whole = gz(text.as_bytes());
    let (found, report) = batches(&whole[..whole.len() / 2], &options(COLUMNS));
    assert_eq!(problems(&report), ["truncated-gzip 1"]);
    assert!(report.failed);
    let found = rows(&found);
    assert!(found.len() > 500 && found.len() < 1500, "{}", found.len());
    assert_eq!(found[1], "id-E1919 | E1919");
    let mut corrupt = whole.clone();
    corrupt[whole.len() - 6] ^= 1;
    let (found, report) = batches(&corrupt, &options(COLUMNS));
    assert_eq!(
        (rows(&found).len(), problems(&report)),
        (2000, vec!["corrupt-gzip 1".to_owned()])
    );
    let (_, report) = batches(&whole[..5], &options(COLUMNS));
    assert_eq!(problems(&report), ["no-records 1", "truncated-gzip 1"]);
    let two = gz(format!("{}\n{}\n", record("E1"), record("E2")).as_bytes());
    let (found, report) = batches(&two[..two.len() - 8], &options(COLUMNS));
    let example = report.problems.iter().next().unwrap().example;
    let made = report.bytes;
    assert_eq!(rows(&found).len(), 2);
    assert_eq!(
        example,
        format!("the gzip stream ends early after {made} inflated bytes; what came before is kept")
    );
}

#[test]
fn other_compressions_are_named() {
    for (bytes, name) in [
        (&b"BZh91AY&SY"[..], "bzip2"),
        (b"\x28\xb5\x2f\xfd\x24\x00", "zstd"),
        (b"PK\x03\x04\x14\x00", "zip"),
        (b"\xfd7zXZ\x00\x00", "xz"),
    ] {
        let whole = batches(bytes, &options(COLUMNS));
        let streamed = streamed(bytes, &options(COLUMNS));
        for (found, report) in [whole, streamed] {
            assert!(found.is_empty() && report.failed);
            assert_eq!(problems(&report), ["unreadable 1"]);
            let example = report.problems.iter().next().unwrap().example;
            let expected =
                format!("the file is compressed with {name}, which is not supported; gzip is");
            assert_eq!(example, expected);
        }
    }
}

#[test]
fn insight_and_network_activity() {
    let insight = r#"{"eventVersion":"1.07","eventTime":"2023-07-10T11:30:50Z","awsRegion":"us-east-1","eventID":"i","eventType":"AwsCloudTrailInsight","recipientAccountId":"111122223333","sharedEventID":"s","insightDetails":{"state":"Start","eventSource":"autoscaling.amazonaws.com"},"eventCategory":"Insight"}"#;
    check(
        insight,
        &[EventTypeName, Category, InsightDetails],
        &[
            r#"AwsCloudTrailInsight | Insight | {"state":"Start","eventSource":"autoscaling.amazonaws.com"}"#,
        ],
        &[],
    );
    let network = r#"{"eventVersion":"1.09","eventTime":"2023-07-10T11:30:50Z","eventName":"ListKeys","eventType":"AwsVpceEvent","eventCategory":"NetworkActivity","errorCode":"VpceAccessDenied","vpcEndpointId":"vpce-1","vpcEndpointAccountId":"111122223333","userIdentity":{"type":"AWSAccount","accountId":"444455556666","principalId":"AROAEXAMPLE:x"}}"#;
    check(
        network,
        &[EventName, UserIdentityAccountId, VpcEndpointAccountId],
        &["ListKeys | 444455556666 | 111122223333"],
        &[],
    );
}
