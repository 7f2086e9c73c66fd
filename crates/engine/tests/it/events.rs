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

/// A count asks for every row, so that beside one nothing is left out; without, alike rows are.
#[test]
fn the_first_of_alike_rows_gives_what_all_of_them_give() {
    const READS: &str = "(AWSCloudTrail | where ReadOnly == true)";
    for (query, joined) in [
        (
            format!(
                "AWSCloudTrail | join kind=inner {READS} on SourceIpAddress \
                 | summarize {{}}arg_max(TimeGenerated, *), make_set(EventName1) by SourceIpAddress"
            ),
            "|e6|GetObject|null|2024-05-01T00:00:00Z|e1|AssumeRole|",
        ),
        (
            format!(
                "AWSCloudTrail | join kind=leftouter {READS} on SourceIpAddress \
                 | summarize {{}}arg_min(TimeGenerated, AwsEventId, AwsEventId1), dcount(EventName1) by SourceIpAddress"
            ),
            "e1|e1",
        ),
        (
            format!(
                "AWSCloudTrail | join kind=inner (AWSCloudTrail | extend Kind = EventName \
                 | join kind=inner {READS} on SourceIpAddress | where Kind != 'PutObject') on SourceIpAddress \
                 | summarize {{}}take_any(AwsEventId, AwsEventId1, AwsEventId2), make_set(Kind) by SourceIpAddress"
            ),
            "e1|e1|e1",
        ),
        (
            format!(
                "AWSCloudTrail | sort by AwsEventId desc | join kind=rightouter {READS} on SourceIpAddress \
                 | summarize {{}}take_any(AwsEventId, AwsEventId1), max(EventName) by SourceIpAddress"
            ),
            "|e1",
        ),
    ] {
        // Groups come in no order.
        let sorted = |query: &str| {
            let mut rows = run(query);
            rows.sort();
            rows
        };
        let of_alike = sorted(&query.replace("{}", ""));
        let of_all = query.replace("{}", "all = count(), ") + " | project-away all";
        assert_eq!(of_alike, sorted(&of_all), "{query}");
        assert!(
            of_alike.iter().any(|row| row.contains(joined)),
            "{of_alike:?}"
        );
    }
}
