//! The scalar functions: their documented examples hold, the checker's list and the engine's are the
//! same, and the reference in `docs/kql/functions` is what the descriptors say.
//!
//! `UPDATE_DOCS=1` writes the reference anew.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

use keyline_engine::functions::{Family, Function, functions};
use keyline_engine::{Evaluation, rows};
use keyline_kql::functions as signatures;
use keyline_kql::types::Value;

use crate::support;

#[test]
fn examples_hold() {
    let engine = support::engine();
    let mut wrong = Vec::new();
    for function in functions() {
        for (example, expected) in function.examples {
            let query = format!("print x = ({example})");
            let run = || engine.query_text(&query, &Evaluation::at(support::START));
            let found = match catch_unwind(AssertUnwindSafe(run)) {
                Ok(Ok(table)) => text(&table.rows[0][0]),
                Ok(Err(error)) => format!("error: {error}"),
                Err(_) => "a panic".to_string(),
            };
            if found != *expected {
                wrong.push(format!("{example}: expected `{expected}`, found `{found}`"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A value as `tostring` gives it, truth values in lower case.
fn text(value: &Value) -> String {
    match value {
        Value::Real(value) => keyline_engine::functions::format::real_text(*value),
        Value::DateTime(ticks) => keyline_engine::functions::format::datetime_text(*ticks),
        Value::TimeSpan(ticks) => keyline_engine::functions::format::timespan_text(*ticks),
        Value::Dynamic(json) => keyline_engine::functions::json::text_of(json).into_owned(),
        value => rows::text(value).unwrap_or_default(),
    }
}

/// What the checker decides by itself, so that the engine never sees it.
const DECIDED_BY_THE_CHECKER: [&str; 6] = [
    "bag_pack_columns",
    "bin_auto",
    "column_ifexists",
    "column_names_of",
    "ingestion_time",
    "iscolumnexists",
];

#[test]
fn checker_and_engine_know_the_same_functions() {
    let of_engine: BTreeSet<&str> = functions()
        .map(|function| function.name)
        .filter(|name| !is_operator(name))
        .collect();
    let of_checker: BTreeSet<&str> = signatures::scalars()
        .into_iter()
        .filter(|function| function.implemented)
        .map(|function| function.canonical)
        .filter(|name| !signatures::is_window(name) && !DECIDED_BY_THE_CHECKER.contains(name))
        .collect();
    let missing: Vec<_> = of_checker.difference(&of_engine).collect();
    let unknown: Vec<_> = of_engine.difference(&of_checker).collect();
    assert!(missing.is_empty(), "the engine lacks {missing:?}");
    assert!(
        unknown.is_empty(),
        "the checker's table lacks or marks unsupported {unknown:?}"
    );
}

fn is_operator(name: &str) -> bool {
    signatures::scalar(name).is_none()
}

#[test]
fn the_reference_is_fresh() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/kql/functions");
    let mut families: Vec<Family> = functions().map(|function| function.family).collect();
    families.sort();
    families.dedup();
    let mut stale = Vec::new();
    for family in families {
        let file = folder.join(format!("{}.md", family.slug()));
        let page = page(family);
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(&file, &page).unwrap();
        }
        if std::fs::read_to_string(&file).unwrap_or_default() != page {
            stale.push(file.display().to_string());
        }
    }
    assert!(
        stale.is_empty(),
        "run with UPDATE_DOCS=1: {}",
        stale.join(", ")
    );
}

fn page(family: Family) -> String {
    let mut members: Vec<&Function> = functions()
        .filter(|function| function.family == family)
        .collect();
    members.sort_by_key(|function| function.name);
    let mut page = format!("# {}\n\n", family.title());
    page.push_str("Generated from the functions themselves; the examples are run as tests.\n");
    for function in members {
        let _ = write!(
            page,
            "\n## {}\n\n```kql\n{}\n```\n\n{}\n",
            function.name, function.signature, function.doc
        );
        if function.examples.is_empty() {
            continue;
        }
        page.push_str("\n| Expression | Value |\n|---|---|\n");
        for (example, value) in function.examples {
            let _ = writeln!(page, "| {} | {} |", cell(example), cell(value));
        }
    }
    page
}

fn cell(text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    let text = text.replace('|', "\\|");
    if text.contains('`') {
        format!("`` {text} ``")
    } else {
        format!("`{text}`")
    }
}
