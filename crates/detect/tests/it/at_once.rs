//! Which rules need not wait for their tick.

use std::sync::Arc;

use keyline_detect::check::{Times, check};
use keyline_detect::watch::Timing;
use keyline_engine::{Engine, EngineOptions};

use crate::world::{Files, open, record, rules, write};

/// Whether a rule with this query, and these columns for entities, is evaluated as events come.
#[track_caller]
fn check_query(query: &str, entities: &[&str], expected: bool) {
    let folder = tempfile::tempdir().unwrap();
    let event = record(
        "e-1",
        "2024-05-01T10:00:00Z",
        "sts.amazonaws.com",
        "AssumeRole",
        serde_json::json!({}),
    );
    write(folder.path(), &[event]);
    let (_, catalog) = open(&[folder.path().to_owned()]);
    let references = Arc::new(Files(Vec::new()));
    let engine = Engine::new(&EngineOptions::for_this_machine(), catalog, references).unwrap();
    let mut text = format!(
        "id: 00000000-0000-4000-8000-000000000001\nname: Rule\nseverity: Low\nkind: Scheduled\nqueryFrequency: 1h\n\
         queryPeriod: 1h\ntriggerOperator: gt\ntriggerThreshold: 0\nquery: |\n  {query}\nentityMappings:\n"
    );
    for column in entities {
        text += &format!(
            "  - entityType: IP\n    fieldMappings:\n      - identifier: Address\n        columnName: {column}\n"
        );
    }
    let rule = rules(&text).remove(0);
    let timing = Timing::of(&rule, &check(&rule, engine.schema(), &Times::any())).unwrap();
    assert_eq!(timing.at_once, expected, "{query}");
}

#[test]
fn rules_of_one_event_and_their_sums_do_not_wait() {
    let address = &["SourceIpAddress"];
    check_query(
        "AWSCloudTrail | where EventName == 'StopLogging' | project TimeGenerated, SourceIpAddress",
        address,
        true,
    );
    let summed = "AWSCloudTrail | where EventName == 'StopLogging' | summarize Calls = count() by SourceIpAddress";
    check_query(summed, address, true);
    check_query(
        &format!("{summed} | extend More = Calls + 1"),
        address,
        true,
    );
    // What tells alerts apart would change with each event.
    check_query(summed, &["SourceIpAddress", "Calls"], false);
    check_query(&format!("{summed} | where Calls > 3"), address, false);
    check_query(
        "AWSCloudTrail | summarize SourceIpAddress = max(SourceIpAddress)",
        address,
        false,
    );
    check_query(
        "AWSCloudTrail | join kind=leftanti (AWSCloudTrail | where EventName == 'A') on SourceIpAddress",
        address,
        false,
    );
}
