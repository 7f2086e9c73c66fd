//! What the prefilter passes over, and that the report counts it all the same.

use keyline_trail::Column::*;
use keyline_trail::{
    Column, ColumnTest, Conjunction, Detail, Prefilter, Projection, ReadOptions, Test,
};

use crate::support::{batches, options, rows};

const TEXT: &str = r#"{"eventTime":"2023-07-10T00:00:00Z","eventName":"A","userIdentity":{"accessKeyId":"ASIA1"},"errorCode":"Denied"}
{"eventTime":"2023-07-11T00:00:00Z","eventName":"b","userIdentity":{"accessKeyId":"ASIA2"}}
{"eventTime":"2023-07-12T00:00:00Z","eventName":"C\u0043","userIdentity":{"accessKeyId":"ASIA1"}}
{"eventName":"D","userAgent":"naïve"}"#;

fn test(column: Column, test: Test) -> ColumnTest {
    ColumnTest { column, test }
}

fn one_of(values: &[&str]) -> Test {
    Test::In(values.iter().map(|value| value.to_string()).collect())
}

fn check(any_of: Vec<Conjunction>, expected: &[&str]) {
    let shown = format!("{any_of:?}");
    let options = ReadOptions {
        prefilter: Prefilter { any_of },
        ..options(&[EventName])
    };
    let (found, report) = batches(TEXT.as_bytes(), &options);
    assert_eq!(rows(&found), expected, "{shown}");
    assert_eq!((report.events, report.rows), (4, expected.len() as u64));
}

fn tests(tests: &[ColumnTest]) -> Conjunction {
    Conjunction {
        tests: tests.to_vec(),
        ..Conjunction::default()
    }
}

#[test]
fn conjunctions() {
    check(vec![], &["A", "b", "CC", "D"]);
    check(vec![Conjunction::default()], &["A", "b", "CC", "D"]);
    check(
        vec![tests(&[test(EventName, one_of(&["A", "CC"]))])],
        &["A", "CC"],
    );
    check(
        vec![tests(&[test(
            EventName,
            Test::InIgnoreCase(vec!["a".into(), "B".into()]),
        )])],
        &["A", "b"],
    );
    check(
        vec![tests(&[
            test(UserIdentityAccessKeyId, one_of(&["ASIA1"])),
            test(ErrorCode, one_of(&[""])),
        ])],
        &["CC"],
    );
    check(vec![tests(&[test(ErrorCode, Test::NotEmpty)])], &["A"]);
    check(
        vec![
            tests(&[test(EventName, one_of(&["A"]))]),
            tests(&[test(UserIdentityAccessKeyId, one_of(&["ASIA2"]))]),
        ],
        &["A", "b"],
    );
    check(
        vec![
            tests(&[
                test(EventName, one_of(&["A"])),
                test(ErrorCode, one_of(&[""])),
            ]),
            tests(&[test(EventName, one_of(&["b"]))]),
        ],
        &["b"],
    );
    check(vec![tests(&[test(EventName, one_of(&[]))])], &[]);
    // What is made later, or may be replaced, rules nothing out.
    check(
        vec![tests(&[test(
            UserAgent,
            Test::InIgnoreCase(vec!["naive".into()]),
        )])],
        &["D"],
    );
    check(
        vec![tests(&[test(SourceSystem, one_of(&["Aws"]))])],
        &["A", "b", "CC", "D"],
    );
}

#[test]
fn parts_of_texts() {
    let these = |values: &[&str]| values.iter().map(|value| value.to_string()).collect();
    let of_key = |test_of: Test| vec![tests(&[test(UserIdentityAccessKeyId, test_of)])];
    check(
        of_key(Test::StartsWith(these(&["asia"]))),
        &["A", "b", "CC"],
    );
    check(of_key(Test::EndsWith(these(&["a2", "x"]))), &["b"]);
    check(of_key(Test::Contains(these(&["IA1"]))), &["A", "CC"]);
    // Text that is not ASCII may hold anything.
    check(
        vec![tests(&[test(UserAgent, Test::Contains(these(&["q"])))])],
        &["D"],
    );
}

#[test]
fn time_ranges() {
    let day = |day: i64| Some(1_688_947_200_000_000 + day * 86_400_000_000);
    let range = |from, until| Conjunction {
        from,
        until,
        tests: vec![],
    };
    check(vec![range(day(1), None)], &["b", "CC", "D"]);
    check(vec![range(None, day(1))], &["A", "b", "D"]);
    check(vec![range(day(1), day(1))], &["b", "D"]);
    check(
        vec![range(day(0), day(0)), range(day(2), None)],
        &["A", "CC", "D"],
    );
}

#[test]
fn events_beyond_the_horizon_do_not_set_the_last_time() {
    let options = ReadOptions {
        horizon: Some(1_689_033_600_000_000),
        ..options(&[EventName])
    };
    let (found, report) = batches(TEXT.as_bytes(), &options);
    assert_eq!(rows(&found).len(), 4);
    assert_eq!(report.last_event, Some(1_689_033_600_000_000));
    let kinds: Vec<&str> = report
        .problems
        .iter()
        .map(|problem| problem.kind.name())
        .collect();
    assert_eq!(kinds, ["bad-time", "future-time"]);
}

#[test]
fn identities_of_dropped_records_are_handed_over() {
    let prefilter = Prefilter {
        any_of: vec![tests(&[test(EventName, one_of(&["A"]))])],
    };
    let options = ReadOptions {
        prefilter,
        ..options(&[EventName])
    };
    let (found, _) = batches(TEXT.as_bytes(), &options);
    let all = batches(
        TEXT.as_bytes(),
        &ReadOptions {
            prefilter: Prefilter::everything(),
            ..options
        },
    )
    .0;
    assert_eq!(found[0].identities, all[0].identities[..1]);
    assert_eq!(found[0].passed_over, all[0].identities[1..]);
}

#[test]
fn detail_columns_are_filled_for_the_records_that_ask_for_them() {
    let detail = Detail {
        projection: Projection::of(&[EventName, UserIdentityAccessKeyId, SessionMfaAuthenticated]),
        prefilter: Prefilter {
            any_of: vec![tests(&[test(EventName, one_of(&["A", "CC"]))])],
        },
    };
    let text = TEXT.replace(
        r#""accessKeyId":"ASIA"#,
        r#""sessionContext":{"attributes":{"mfaAuthenticated":"true"}},"accessKeyId":"ASIA"#,
    );
    let options = ReadOptions {
        details: vec![detail],
        ..options(&[EventName, ErrorCode])
    };
    let (found, report) = batches(text.as_bytes(), &options);
    assert_eq!(
        rows(&found),
        [
            "A | ASIA1 | true | Denied",
            "b |  | null | ",
            "CC | ASIA1 | true | ",
            "D |  | null | ",
        ]
    );
    assert_eq!(report.rows, 4);
}

#[test]
fn a_record_has_the_columns_of_all_details_that_it_may_match() {
    let detail = |names: &[&str], column| Detail {
        projection: Projection::of(&[column]),
        prefilter: Prefilter {
            any_of: vec![tests(&[test(EventName, one_of(names))])],
        },
    };
    let of_all = Detail {
        projection: Projection::of(&[UserAgent]),
        prefilter: Prefilter::everything(),
    };
    let options = ReadOptions {
        details: vec![
            detail(&["A", "D"], ErrorCode),
            detail(&["A", "CC"], UserIdentityAccessKeyId),
            of_all,
        ],
        ..options(&[EventName])
    };
    let (found, _) = batches(TEXT.as_bytes(), &options);
    assert_eq!(
        rows(&found),
        [
            "A | ASIA1 |  | Denied",
            "b |  |  | ",
            "CC | ASIA1 |  | ",
            "D |  | naïve | ",
        ]
    );
}
