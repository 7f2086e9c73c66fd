//! One plan for all ticks must give what the naive loop gives, tick by tick, on the real engine.

use std::collections::BTreeMap;
use std::sync::Arc;

use keyline_detect::duration::{TICKS_PER_HOUR, TICKS_PER_MINUTE};
use keyline_detect::evaluate::{InOnePlan, OneByOne, all_ticks};
use keyline_detect::replay::{Evaluator, Instant};
use keyline_detect::row::Rows;
use keyline_engine::{Engine, EngineOptions, Ticks};
use serde_json::{Value, json};

use crate::world::{Files, open, record, write};

/// Two addresses and three names over four hours, some exactly on a tick.
fn records() -> Vec<Value> {
    let minutes = [
        0, 7, 30, 31, 59, 60, 61, 95, 120, 121, 150, 185, 200, 239, 240,
    ];
    minutes
        .iter()
        .enumerate()
        .map(|(at, minute)| {
            let time = format!("2024-05-01T{:02}:{:02}:00Z", 10 + minute / 60, minute % 60);
            let name = ["ListBuckets", "GetObject", "AssumeRole"][at % 3];
            let address = ["192.0.2.1", "192.0.2.2"][at / 2 % 2];
            let extra = json!({
                "sourceIPAddress": address,
                "requestParameters": {"list": [at, at + 1]},
            });
            record(
                &format!("e-{at:02}"),
                &time,
                "s3.amazonaws.com",
                name,
                extra,
            )
        })
        .collect()
}

const QUERIES: [&str; 19] = [
    "AWSCloudTrail | where EventName == 'GetObject' | project TimeGenerated, AwsEventId",
    "AWSCloudTrail | where TimeGenerated >= ago(30m) | project AwsEventId",
    "AWSCloudTrail | where TimeGenerated > ago(1h) and TimeGenerated <= ago(30m) | project AwsEventId",
    "AWSCloudTrail | where TimeGenerated between (ago(1h) .. ago(30m)) | project AwsEventId",
    "AWSCloudTrail | summarize Count = count(), First = min(TimeGenerated) by SourceIpAddress",
    "AWSCloudTrail | summarize arg_max(TimeGenerated, AwsEventId, EventName) by SourceIpAddress",
    "AWSCloudTrail | where EventName == 'AssumeRole' | distinct SourceIpAddress, EventName",
    "AWSCloudTrail | where TimeGenerated > ago(30m) \
     | join kind=leftanti (AWSCloudTrail | where TimeGenerated <= ago(30m)) on SourceIpAddress, EventName \
     | project AwsEventId",
    "AWSCloudTrail | join (AWSCloudTrail | where EventName == 'AssumeRole') on SourceIpAddress \
     | project AwsEventId, AwsEventId1",
    "AWSCloudTrail | mv-expand Item = parse_json(RequestParameters).list \
     | summarize Items = count() by tostring(Item)",
    "AWSCloudTrail | top 2 by TimeGenerated | project AwsEventId",
    "AWSCloudTrail | where EventName in ((AWSCloudTrail | where TimeGenerated > ago(20m) \
     | project EventName)) | summarize count() by EventName",
    "union (AWSCloudTrail | where EventName == 'GetObject'), (AWSCloudTrail | where EventName == 'AssumeRole') \
     | summarize count() by EventName, SourceIpAddress",
    "let minted = AWSCloudTrail | where TimeGenerated >= ago(90m) | where EventName == 'AssumeRole'; \
     let near = AWSCloudTrail | where TimeGenerated >= ago(90m) \
     | join minted on SourceIpAddress | where UserAgent !startswith 'x'; \
     AWSCloudTrail | where TimeGenerated >= ago(30m) \
     | join kind=inner near on $left.EventName == $right.EventName \
     | summarize At = arg_max(TimeGenerated, *), Names = make_set(EventName1) by SourceIpAddress \
     | project SourceIpAddress, At, AwsEventId, AwsEventId1, AwsEventId2, Names",
    "AWSCloudTrail | where TimeGenerated > ago(1h) \
     | join (AWSCloudTrail | where TimeGenerated > ago(40m)) on EventName \
     | project AwsEventId, AwsEventId1",
    "AWSCloudTrail | where TimeGenerated > ago(40m) \
     | join kind=leftouter (AWSCloudTrail | where TimeGenerated < ago(40m)) on SourceIpAddress, EventName \
     | project AwsEventId, AwsEventId1",
    "AWSCloudTrail | where now() - TimeGenerated < 50m | summarize count() by bin(TimeGenerated, 1h)",
    "AWSCloudTrail | extend Age = now() - TimeGenerated | where Age > 1h | project AwsEventId, Age",
    "let newest = toscalar(AWSCloudTrail | summarize max(TimeGenerated)); \
     AWSCloudTrail | where TimeGenerated == newest | project AwsEventId",
];

fn texts(rows: &Rows) -> Vec<String> {
    let mut texts: Vec<String> = rows
        .iter()
        .map(|row| Value::Object(row.to_json()).to_string())
        .collect();
    texts.sort();
    texts
}

#[test]
fn one_plan_gives_what_the_loop_gives() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &records());
    let (_logs, catalog) = open(&[folder.path().to_path_buf()]);
    let options = EngineOptions {
        partitions: 1,
        ..EngineOptions::for_this_machine()
    };
    let engine = Engine::new(&options, catalog, Arc::new(Files(Vec::new()))).unwrap();
    // 2024-05-01T10:00:00Z
    let start = 17_145_576_000_000_000;
    let ticks = Ticks {
        first: start,
        frequency: 30 * TICKS_PER_MINUTE,
        last: start + 4 * TICKS_PER_HOUR,
        period: 2 * TICKS_PER_HOUR,
    };
    let mut in_one = 0;
    for text in QUERIES {
        let (syntax, _) = keyline_kql::parse::parse(text);
        let (query, diagnostics) =
            keyline_kql::check::check(&syntax, engine.schema(), &Default::default());
        let query = query.unwrap_or_else(|| panic!("{text}: {diagnostics:?}"));
        let mut found = BTreeMap::new();
        let mut take = |tick, rows| {
            assert!(
                found.insert(tick, texts(&rows)).is_none(),
                "{text}: {tick} twice"
            );
            Ok(())
        };
        let mut evaluator = OneByOne {
            engine: &engine,
            query: &query,
            resolver: None,
        };
        if all_ticks(evaluator, &ticks, &mut take).unwrap() == InOnePlan::No {
            eprintln!("tick by tick: {text}");
            continue;
        }
        in_one += 1;
        let mut expected = BTreeMap::new();
        let mut tick = ticks.first;
        while tick <= ticks.last {
            let window = Some((tick - ticks.period, tick));
            let rows = evaluator.evaluate(Instant { now: tick, window }).unwrap();
            if !rows.rows.is_empty() {
                expected.insert(tick, texts(&rows));
            }
            tick += ticks.frequency;
        }
        assert_eq!(found, expected, "{text}");
    }
    assert!(in_one >= 6, "only {in_one} queries ran as one plan");
}

#[test]
fn too_many_rows_for_one_plan_are_halved() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &records());
    let (_logs, catalog) = open(&[folder.path().to_path_buf()]);
    let options = EngineOptions {
        partitions: 1,
        ..EngineOptions::for_this_machine()
    };
    let engine = Engine::new(&options, catalog, Arc::new(Files(Vec::new()))).unwrap();
    let (syntax, _) = keyline_kql::parse::parse("AWSCloudTrail | project AwsEventId");
    let (query, _) = keyline_kql::check::check(&syntax, engine.schema(), &Default::default());
    let query = query.unwrap();
    let second = TICKS_PER_MINUTE / 60;
    let start = 17_145_576_000_000_000;
    let ticks = Ticks {
        first: start,
        frequency: second,
        last: start + 4 * TICKS_PER_HOUR,
        period: 8 * TICKS_PER_HOUR,
    };
    let mut rows_in_all = 0;
    let mut before = None;
    let mut take = |tick, rows: Rows| {
        assert!(before < Some(tick), "ticks come in order, each once");
        before = Some(tick);
        rows_in_all += rows.rows.len();
        Ok(())
    };
    // Each event is seen from its second to the last one.
    let evaluator = OneByOne {
        engine: &engine,
        query: &query,
        resolver: None,
    };
    all_ticks(evaluator, &ticks, &mut take).unwrap();
    let minutes = [
        0, 7, 30, 31, 59, 60, 61, 95, 120, 121, 150, 185, 200, 239, 240,
    ];
    let expected: usize = minutes.iter().map(|minute| (240 - minute) * 60 + 1).sum();
    assert_eq!(rows_in_all, expected);
}
