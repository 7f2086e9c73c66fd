//! One plan for all ticks must give what the naive loop gives, tick by tick, on the real engine.

use std::collections::BTreeMap;
use std::sync::Arc;

use keyline_detect::duration::{TICKS_PER_HOUR, TICKS_PER_MINUTE};
use keyline_detect::evaluate::{OneByOne, all_ticks};
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

const QUERIES: [&str; 14] = [
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
        let Some(found) = all_ticks(&engine, &query, &ticks).unwrap() else {
            eprintln!("tick by tick: {text}");
            continue;
        };
        in_one += 1;
        let mut expected = BTreeMap::new();
        let mut evaluator = OneByOne {
            engine: &engine,
            query: &query,
        };
        let mut tick = ticks.first;
        while tick <= ticks.last {
            let window = Some((tick - ticks.period, tick));
            let rows = evaluator.evaluate(Instant { now: tick, window }).unwrap();
            if !rows.rows.is_empty() {
                expected.insert(tick, texts(&rows));
            }
            tick += ticks.frequency;
        }
        let found: BTreeMap<i64, Vec<String>> = found
            .iter()
            .map(|(tick, rows)| (*tick, texts(rows)))
            .collect();
        assert_eq!(found, expected, "{text}");
    }
    assert!(in_one >= 6, "only {in_one} queries ran as one plan");
}
