//! Queries over a few events: what comes out, how predicates reach the scan, replays.

use keyline_engine::{Evaluation, rows};

use crate::support::{START, engine};

/// Rows as lines of cells joined by `|`.
fn run(query: &str) -> Vec<String> {
    let evaluation = Evaluation::at(START + 100 * crate::support::MINUTE);
    let table = engine()
        .query_text(query, &evaluation)
        .unwrap_or_else(|e| panic!("{query}: {e}"));
    let line = |row: &Vec<keyline_kql::types::Value>| {
        row.iter()
            .map(|v| rows::text(v).unwrap_or("null".into()))
            .collect::<Vec<_>>()
            .join("|")
    };
    table.rows.iter().map(line).collect()
}

#[test]
fn comparisons_with_a_constant_reach_the_stored_column() {
    let engine = engine();
    let query = engine
        .check("AWSCloudTrail | where TimeGenerated >= datetime(2024-05-01 00:10:00.0000001) and EventName == 'GetObject'")
        .unwrap();
    let plan = engine.plan(&query, &Evaluation::at(START)).unwrap();
    let plan = engine
        .session()
        .state()
        .optimize(&plan)
        .unwrap()
        .display_indent()
        .to_string();
    assert!(
        plan.contains("AWSCloudTrail.TimeGenerated >= TimestampMicrosecond(1714522200000001"),
        "{plan}"
    );
    assert!(
        plan.contains("AWSCloudTrail.EventName = Utf8View(\"GetObject\")"),
        "{plan}"
    );
}

#[test]
fn innerunique_keeps_the_first_event_of_a_key() {
    let rows = run(
        "AWSCloudTrail | join (AWSCloudTrail | where EventName == 'PutObject') on SourceIpAddress | project AwsEventId, AwsEventId1",
    );
    assert_eq!(rows, ["e0|e0"]);
}
