//! The parser over the corpora.

use keyline_kql::parse::parse;
use keyline_kql::span::line_column;

use crate::support::{self, Case};

/// Parses all cases and returns the failures as text.
fn failures(cases: &[Case]) -> Vec<String> {
    cases.iter().filter_map(failure).collect()
}

fn failure(case: &Case) -> Option<String> {
    let (_, diagnostics) = parse(&case.query);
    let first = diagnostics.first()?;
    let (line, column) = line_column(&case.query, first.primary.start);
    let text = case.query.lines().nth(line - 1).unwrap_or("");
    Some(format!(
        "{} {line}:{column} {} {}\n    {text}",
        case.id, first.code, first.message
    ))
}

#[test]
fn every_query_of_the_engine_corpus_that_runs_parses() {
    let Some(folder) = support::shared("the engine's answered queries") else {
        return;
    };
    let mut cases = support::json_cases(&folder, "kustainer-conformance.dev.jsonl");
    cases.retain(|case| !case.refused);
    let failures = failures(&cases);
    assert!(
        failures.is_empty(),
        "{} of {}:\n{}",
        failures.len(),
        cases.len(),
        failures.join("\n")
    );
}

#[test]
fn every_query_of_the_documentation_parses() {
    let Some(folder) = support::shared("the documentation's examples") else {
        return;
    };
    let cases = support::json_cases(&folder, "docs-conformance.dev.jsonl");
    let failures = failures(&cases);
    assert!(
        failures.is_empty(),
        "{} of {}:\n{}",
        failures.len(),
        cases.len(),
        failures.join("\n")
    );
}

#[test]
fn every_rule_parses() {
    let Some(folder) = support::shared("the Sentinel rules") else {
        return;
    };
    let cases = support::rule_cases(&folder, "");
    let failures = failures(&cases);
    assert!(
        failures.is_empty(),
        "{} of {}:\n{}",
        failures.len(),
        cases.len(),
        failures.join("\n")
    );
}
