//! Values of expressions and simple aggregates that mean the same in SQL: what DuckDB says of them.
//!
//! In: `docs/kql/duckdb.tsv`, which `tests/duckdb/make.py` writes, from a seed. No test needs DuckDB.

use std::sync::Arc;

use keyline_engine::{Catalog, Engine, EngineOptions, Evaluation, NoReferences};
use keyline_kql::types::{Type, Value};
use serde_json::Value as Json;

const FACTS: &str = include_str!("../../../../docs/kql/duckdb.tsv");
const FACTS_MIN: usize = 1_900;

/// Expressions that are asked at once.
const AT_ONCE: usize = 20;

/// What two ways of computing the same real may differ by.
const TOLERANCE: f64 = 1e-9;

/// The rows of which `make.py` asked.
const TABLE: &str = r#"datatable(a: long, b: long, x: real, y: real, s: string, u: string, t: datetime, f: bool) [
    0, 1, 0.0, 1.5, "", "a", datetime(2024-01-01 00:00:00), true,
    1, 2, 1.0, 0.25, "GetObject", "Object", datetime(2024-02-29 12:30:45), false,
    long(-7), 3, real(-2.5), 3.0, "arn:aws:iam::111122223333:user/mara", "user", datetime(2023-12-31 23:59:59), true,
    42, 5, 1000.125, 10.0, "a,b,,c", ",", datetime(2026-10-14 11:03:00), true,
    long(-1), 7, 3.75, 2.0, "Ärger über Öl", "ü", datetime(2000-01-01 06:00:00), false,
    123456789, 11, real(-0.5), 4.0, "x x x", "x", datetime(2025-06-15 18:45:30), false,
    17, 2, 12.5, 0.5, "abcabc", "abc", datetime(2024-12-31 00:00:01), true,
    100, 10, 99.99, 8.0, "192.0.2.17", ".", datetime(1999-07-04 03:15:00), false]"#;

struct Fact {
    all: bool,
    kql: &'static str,
    values: Vec<Json>,
}

fn facts() -> Vec<Fact> {
    let fact = |line: &'static str| {
        let mut parts = line.splitn(4, '\t');
        let kind = parts.next()?;
        let (_, kql, values) = (parts.next()?, parts.next()?, parts.next()?);
        Some(Fact {
            all: kind == "all",
            kql,
            values: serde_json::from_str(values).ok()?,
        })
    };
    FACTS
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(fact)
        .collect()
}

#[test]
fn values_are_those_of_duckdb() {
    let options = EngineOptions {
        partitions: 1,
        ..EngineOptions::for_this_machine()
    };
    let engine = Engine::new(&options, Catalog::new(), Arc::new(NoReferences)).unwrap();
    let facts = facts();
    assert!(facts.len() >= FACTS_MIN, "{} facts", facts.len());
    let mut wrong = Vec::new();
    for all in [false, true] {
        let of_kind: Vec<&Fact> = facts.iter().filter(|fact| fact.all == all).collect();
        for some in of_kind.chunks(AT_ONCE) {
            wrong.extend(differences(&engine, some, all));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} differ:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

fn differences(engine: &Engine, facts: &[&Fact], all: bool) -> Vec<String> {
    let named: Vec<String> = facts
        .iter()
        .enumerate()
        .map(|(at, fact)| format!("e{at} = {}", fact.kql))
        .collect();
    let named = named.join(", ");
    let query = match all {
        true => format!("{TABLE} | summarize {named}"),
        false => format!("{TABLE} | project {named}"),
    };
    let table = match engine.query_text(&query, &Evaluation::at(0)) {
        Ok(table) => table,
        Err(error) if facts.len() == 1 => return vec![format!("{}: {error}", facts[0].kql)],
        // One of them cannot run: which one?
        Err(_) => {
            let halves = facts.split_at(facts.len() / 2);
            let mut found = differences(engine, halves.0, all);
            found.extend(differences(engine, halves.1, all));
            return found;
        }
    };
    let mut wrong = Vec::new();
    for (at, fact) in facts.iter().enumerate() {
        let ty = table.columns[at].ty;
        let found: Vec<&Value> = table.rows.iter().map(|row| &row[at]).collect();
        let same = found.len() == fact.values.len()
            && found
                .iter()
                .zip(&fact.values)
                .all(|(found, expected)| same(found, expected, ty));
        if !same {
            wrong.push(format!(
                "{}\n    expected {:?}\n    found {found:?}",
                fact.kql, fact.values
            ));
        }
    }
    wrong
}

fn same(found: &Value, expected: &Json, ty: Type) -> bool {
    match (found, expected) {
        (Value::Bool(found), Json::Bool(expected)) => found == expected,
        (Value::Int(found), Json::Number(_)) => Some(i64::from(*found)) == expected.as_i64(),
        (Value::Long(found), Json::Number(_)) => Some(*found) == expected.as_i64(),
        (Value::Real(found), Json::Number(_)) => expected.as_f64().is_some_and(|expected| {
            (found - expected).abs() <= TOLERANCE * expected.abs().max(1.0)
        }),
        (Value::String(found), Json::String(expected)) => found == expected,
        (Value::DateTime(ticks), Json::String(expected)) if ty == Type::DateTime => {
            let text = keyline_engine::functions::format::datetime_text(*ticks);
            text.starts_with(expected.as_str())
        }
        _ => false,
    }
}
