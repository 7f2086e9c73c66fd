//! When a result equals what a corpus expects: the comparison rules of the corpora, to the letter.
//!
//! Reals with a relative tolerance of 1e-6; dynamic values as parsed JSON, bags unordered, numbers
//! numerically, elements of sets in any order; strings of the documentation after trimming; rows in
//! any order unless the case says that they are ordered.

use keyline_engine::Table;
use keyline_engine::rows;
use keyline_kql::types::Value;
use serde_json::Value as Json;

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Corpus {
    Kustainer,
    Docs,
}

pub struct Expected<'c> {
    pub corpus: Corpus,
    pub query: &'c str,
    pub columns: Option<Vec<&'c str>>,
    pub types: Vec<Option<&'c str>>,
    pub rows: Vec<Vec<Option<&'c str>>>,
    pub ordered: bool,
}

/// Why the result is not the expected one.
pub fn difference(expected: &Expected, actual: &Table) -> Option<String> {
    if let Some(names) = &expected.columns {
        let found = actual
            .columns
            .iter()
            .map(|c| c.name.as_str())
            .collect::<Vec<_>>();
        if *names != found {
            return Some(format!("columns: expected {names:?}, found {found:?}"));
        }
    }
    for (ty, column) in expected.types.iter().zip(&actual.columns) {
        if let Some(ty) = ty
            && *ty != column.ty.name()
        {
            return Some(format!(
                "type of `{}`: expected {ty}, found {}",
                column.name, column.ty
            ));
        }
    }
    if expected.rows.len() != actual.rows.len() {
        return Some(format!(
            "rows: expected {}, found {}: {}",
            expected.rows.len(),
            actual.rows.len(),
            shown(actual)
        ));
    }
    let sets_free = [
        "make_set",
        "makeset",
        "bag_keys",
        "set_union",
        "set_intersect",
    ]
    .iter()
    .any(|name| expected.query.contains(name));
    let same = |row: &[Option<&str>], found: &[Value]| {
        row.len() == found.len()
            && row
                .iter()
                .zip(found)
                .all(|(e, f)| cell_equal(expected.corpus, sets_free, *e, f))
    };
    let equal = if expected.ordered {
        expected
            .rows
            .iter()
            .zip(&actual.rows)
            .all(|(e, f)| same(e, f))
    } else {
        let mut left = actual.rows.iter().collect::<Vec<_>>();
        expected
            .rows
            .iter()
            .all(|e| match left.iter().position(|f| same(e, f)) {
                Some(at) => {
                    left.swap_remove(at);
                    true
                }
                None => false,
            })
    };
    (!equal).then(|| {
        format!(
            "cells: expected {:?}, found {}",
            expected.rows,
            shown(actual)
        )
    })
}

fn shown(table: &Table) -> String {
    let rows = table.rows.iter().take(8);
    let rows = rows
        .map(|row| row.iter().map(rows::text).collect::<Vec<_>>())
        .collect::<Vec<_>>();
    format!("{rows:?}")
}

fn cell_equal(corpus: Corpus, sets_free: bool, expected: Option<&str>, found: &Value) -> bool {
    let expected = match (expected, found) {
        (None, found) => return matches!(found, Value::Null(_)),
        (Some(""), Value::Null(_)) => return corpus == Corpus::Docs,
        (Some(text), _) => text,
    };
    let Some(text) = rows::text(found) else {
        return false;
    };
    match found {
        Value::Real(number) => real_equal(expected, *number),
        Value::Decimal(number) => number
            .parse::<f64>()
            .is_ok_and(|number| real_equal(expected, number)),
        Value::Dynamic(json) => {
            let Ok(found) = serde_json::from_str::<Json>(json) else {
                return false;
            };
            match serde_json::from_str::<Json>(expected) {
                Ok(expected) if json_equal(sets_free, &expected, &found) => true,
                _ => corpus == Corpus::Docs && found.as_str() == Some(expected),
            }
        }
        Value::String(_) if corpus == Corpus::Docs => text.trim() == expected.trim(),
        Value::TimeSpan(_) => timespan_equal(expected, &text),
        _ => text == expected,
    }
}

/// `hh:mm:ss.5` and `hh:mm:ss.5000000` are the same.
fn timespan_equal(expected: &str, found: &str) -> bool {
    let short = |text: &str| match text.rsplit_once(':') {
        Some((_, seconds)) if seconds.contains('.') => {
            text.trim_end_matches('0').trim_end_matches('.').to_string()
        }
        _ => text.to_string(),
    };
    short(expected) == short(found)
}

fn real_equal(expected: &str, found: f64) -> bool {
    match expected {
        "NaN" => found.is_nan(),
        "Infinity" | "∞" => found == f64::INFINITY,
        "-Infinity" | "-∞" => found == f64::NEG_INFINITY,
        _ => expected
            .parse::<f64>()
            .is_ok_and(|expected| found.is_finite() && near(expected, found)),
    }
}

fn near(a: f64, b: f64) -> bool {
    // Against an infinity, every tolerance would be infinite.
    a == b || a.is_finite() && b.is_finite() && (a - b).abs() <= 1e-6 * a.abs().max(b.abs())
}

fn json_equal(sets_free: bool, a: &Json, b: &Json) -> bool {
    match (a, b) {
        (Json::Number(a), Json::Number(b)) => {
            a == b || matches!((a.as_f64(), b.as_f64()), (Some(a), Some(b)) if near(a, b))
        }
        (Json::Array(a), Json::Array(b)) => {
            a.len() == b.len()
                && (a.iter().zip(b).all(|(a, b)| json_equal(sets_free, a, b))
                    || sets_free && multiset_equal(a, b))
        }
        (Json::Object(a), Json::Object(b)) => {
            a.len() == b.len()
                && a.iter()
                    .all(|(k, v)| b.get(k).is_some_and(|w| json_equal(sets_free, v, w)))
        }
        _ => a == b,
    }
}

fn multiset_equal(a: &[Json], b: &[Json]) -> bool {
    let mut left = b.iter().collect::<Vec<_>>();
    a.iter()
        .all(|a| match left.iter().position(|b| json_equal(true, a, b)) {
            Some(at) => {
                left.swap_remove(at);
                true
            }
            None => false,
        })
}
