//! A query that carries places gives the rows that it gives without.

use std::sync::Arc;

use keyline_detect::evaluate::OneByOne;
use keyline_detect::prepare::{Prepared, event_tables, gathered, over, prepare};
use keyline_detect::replay::{Evaluator, Instant};
use keyline_detect::resolve::Resolver;
use keyline_detect::row::Rows;
use keyline_engine::{Engine, EngineOptions};
use keyline_kql::checked::Rel;
use keyline_lake::cut;
use keyline_lake::lineage::Lineage;
use keyline_lineage::Production;
use serde_json::{Value, json};

use crate::world::{Files, open, record, rules, write};

fn records() -> Vec<Value> {
    let of = |at: usize| {
        let extra = json!({
            "sourceIPAddress": format!("192.0.2.{}", at % 3),
            "userAgent": format!("agent/{}", at % 4),
            "requestParameters": {"number": at},
            "errorCode": if at.is_multiple_of(5) { "AccessDenied" } else { "" },
        });
        let name = ["ListBuckets", "GetObject", "AssumeRole"][at % 3];
        let time = format!("2024-05-01T10:{at:02}:00Z");
        record(
            &format!("e-{at:02}"),
            &time,
            "s3.amazonaws.com",
            name,
            extra,
        )
    };
    (0..40).map(of).collect()
}

/// The rows of a query over what was gathered for it, and whether it was evaluated with places; and its
/// rows over the tables as they are.
fn rows(text: &str, can_fetch: bool) -> (Vec<String>, bool, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &records());
    let (logs, catalog) = open(&[folder.path().to_path_buf()]);
    let options = EngineOptions::for_this_machine();
    let plain = Engine::new(&options, catalog, Arc::new(Files(Vec::new()))).unwrap();
    let indented = text.replace('\n', "\n  ");
    let rule = rules(&format!("id: x\nname: x\nquery: |\n  {indented}\n")).remove(0);
    let Ok(ready) = prepare(&rule, &plain, can_fetch) else {
        panic!("{text}");
    };
    let Prepared {
        query, needs, late, ..
    } = &ready;
    let cuts = cut(&logs, needs).unwrap();
    let places: Vec<usize> = (0..needs.len()).collect();
    let tables = event_tables(query);
    let evaluated = late.as_ref().map_or(query, |late| &late.query);
    let lineage = Lineage::of(&logs, Production::default());
    let gathered = gathered(&tables, late.as_ref(), &lineage, &cuts, &places).unwrap();
    let is_broad = |rel: &Arc<Rel>| {
        let as_it_was = late.as_ref().map_or(rel, |late| late.as_it_was(rel));
        let at = tables
            .iter()
            .position(|table| Arc::ptr_eq(table, as_it_was));
        at.is_some_and(|at| needs[at].is_broad())
    };
    let engine = over(&plain, evaluated, gathered, &is_broad).unwrap();
    let resolver = late.as_ref().map(|late| Resolver {
        engine: &engine,
        cuts: &cuts,
        late,
        columns: &query.root.columns,
    });
    let evaluate = |mut evaluator: OneByOne<'_>| {
        let instant = Instant {
            now: 17_145_600_000_000_000,
            window: None,
        };
        let Rows { columns, rows } = evaluator.evaluate(instant).unwrap();
        assert_eq!(columns, query.root.columns);
        let mut rows: Vec<String> = rows.iter().map(|row| format!("{row:?}")).collect();
        rows.sort();
        rows
    };
    let found = evaluate(OneByOne {
        engine: &engine,
        query: evaluated,
        resolver: resolver.as_ref(),
    });
    let expected = evaluate(OneByOne {
        engine: &plain,
        query,
        resolver: None,
    });
    (found, late.is_some(), expected)
}

#[track_caller]
fn check(text: &str, expected_late: bool) {
    for can_fetch in [true, false] {
        let (found, is_late, expected) = rows(text, can_fetch);
        assert!(!expected.is_empty(), "{text}");
        assert_eq!(found, expected, "{text}");
        assert_eq!(is_late, expected_late && can_fetch, "{text}");
    }
}

#[test]
fn places_are_carried_through_operators() {
    check("AWSCloudTrail", true);
    check("AWSCloudTrail | where strlen(UserAgent) > 3", true);
    check(
        "AWSCloudTrail | extend A = UserAgent, B = strcat(EventName, '!') | project-away UserAgent, ErrorCode",
        true,
    );
    check(
        "AWSCloudTrail | summarize arg_max(TimeGenerated, *), Count = count() by SourceIpAddress",
        true,
    );
    check(
        "AWSCloudTrail\n| summarize arg_min(TimeGenerated, *) by SourceIpAddress\n\
         | summarize arg_max(TimeGenerated, UserAgent, RequestParameters, ErrorCode) by EventName",
        true,
    );
    check(
        "AWSCloudTrail\n| join kind=inner (AWSCloudTrail | where strlen(EventName) > 9) on SourceIpAddress\n\
         | where UserAgent1 != 'agent/1' | project-away EventSource1, TimeGenerated1",
        true,
    );
    check(
        "AWSCloudTrail\n| join kind=leftouter (AWSCloudTrail | where strlen(ErrorCode) > 0) on AwsEventId",
        true,
    );
    check(
        "AWSCloudTrail\n| join (AWSCloudTrail | where EventName == 'AssumeRole') on SourceIpAddress",
        true,
    );
    check(
        "AWSCloudTrail | mv-expand N = parse_json(RequestParameters) | top 5 by AwsEventId asc",
        true,
    );
    check(
        "let Few = AWSCloudTrail | top 7 by AwsEventId asc;\nFew | join kind=inner Few on EventName",
        true,
    );
    check(
        "AWSCloudTrail | sort by UserAgent asc, AwsEventId asc | take 9",
        true,
    );
}

#[test]
fn joins_begin_with_what_they_can_meet() {
    for few in ["'AssumeRole'", "'NeverHappened'"] {
        for kind in ["inner", "innerunique", "leftouter", "leftanti"] {
            let text = format!(
                "AWSCloudTrail\n| extend Number = toint(parse_json(RequestParameters).number)\n\
                 | union (AWSCloudTrail | where EventName == 'GetObject' | take 1)\n\
                 | project TimeGenerated, AwsEventId, Address = strcat(SourceIpAddress, ''), Number\n\
                 | join kind={kind} (AWSCloudTrail | where EventName == {few}\n\
                 | project Address = SourceIpAddress, UserAgent) on Address"
            );
            let (found, _, expected) = rows(&text, true);
            assert_eq!(found, expected, "{text}");
            let text = format!(
                "AWSCloudTrail\n| extend Address = strcat(SourceIpAddress, '')\n\
                 | join kind={kind} (AWSCloudTrail | where EventName == {few}\n\
                 | project Address = SourceIpAddress, UserAgent) on Address"
            );
            let (found, _, expected) = rows(&text, true);
            assert_eq!(found, expected, "{text}");
        }
    }
}

#[test]
fn what_looks_at_whole_rows_is_left_alone() {
    check("AWSCloudTrail | distinct *", false);
    check("AWSCloudTrail | where EventName == 'AssumeRole'", false);
    check("AWSCloudTrail | project UserAgent", false);
    check(
        "union (AWSCloudTrail | where strlen(EventName) > 9), (AWSCloudTrail | where strlen(UserAgent) > 3)",
        false,
    );
    check(
        "AWSCloudTrail | summarize count() by UserAgent, EventName",
        false,
    );
}
