//! The checker against Microsoft's own binder: what is accepted, and the columns that result.
//!
//! `docs/kql/oracle.jsonl` holds what the binder answered, a line for each query of the corpora: a
//! hash of the query's text, whether it was accepted, and the columns. `cargo xtask oracle` asks it
//! anew; no test needs Node. Where we differ on purpose, `oracle_differences.txt` says why.

use std::collections::{BTreeMap, BTreeSet};

use keyline_kql::check::{CheckOptions, check};
use keyline_kql::diagnostic::Severity;
use keyline_kql::parse::parse;
use serde_json::Value;

use crate::check::tables;
use crate::support;

/// Queries on which we and the binder must agree at least.
const AGREED_MIN: usize = 1400;

/// FNV-1a: enough to tell queries apart, and short to write.
fn hash(text: &str) -> String {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in text.bytes() {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    format!("{hash:016x}")
}

#[test]
fn the_checker_and_the_binder_agree() {
    let Some(folder) = support::shared("what Microsoft's binder says of the corpora") else {
        return;
    };
    let answers = answers();
    let schema = tables(&folder);
    let known: BTreeMap<&str, &str> = include_str!("oracle_differences.txt")
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .filter_map(|line| line.split_once(": "))
        .collect();
    let (mut agreed, mut unsupported) = (0, 0);
    let mut differences = Vec::new();
    let mut used = BTreeSet::new();
    for (corpus, file) in [
        ("kustainer", "kustainer-conformance.dev.jsonl"),
        ("docs", "docs-conformance.dev.jsonl"),
    ] {
        for case in support::json_cases(&folder, file) {
            let Some(answer) = answers.get(&hash(&case.query)) else {
                continue;
            };
            let id = format!("{corpus}/{}", case.id);
            match difference(&case.query, answer, &schema) {
                Outcome::Agreed => agreed += 1,
                Outcome::Unsupported => unsupported += 1,
                Outcome::Differs(how) => match known.get_key_value(id.as_str()) {
                    Some((id, _)) => {
                        used.insert(*id);
                    }
                    None => differences.push(format!("{id}: {how}")),
                },
            }
        }
    }
    println!(
        "agreed on {agreed}, not supported {unsupported}, {} differences known",
        used.len()
    );
    assert!(agreed >= AGREED_MIN, "only {agreed} queries agree");
    assert!(
        differences.is_empty(),
        "{} differences:\n{}",
        differences.len(),
        differences.join("\n")
    );
    let gone: Vec<_> = known.keys().filter(|id| !used.contains(*id)).collect();
    assert!(gone.is_empty(), "these differences are gone: {gone:?}");
}

fn answers() -> BTreeMap<String, Value> {
    include_str!("../../../../docs/kql/oracle.jsonl")
        .lines()
        .map(|line| {
            let answer: Value = serde_json::from_str(line).unwrap();
            (answer["query"].as_str().unwrap().to_string(), answer)
        })
        .collect()
}

enum Outcome {
    Agreed,
    Unsupported,
    Differs(String),
}

fn difference(query: &str, answer: &Value, schema: &dyn keyline_kql::schema::Schema) -> Outcome {
    let (tree, mut found) = parse(query);
    let refused = |found: &[keyline_kql::diagnostic::Diagnostic]| {
        found.iter().any(|d| d.severity == Severity::Error)
    };
    let mut checked = None;
    if !refused(&found) {
        let (query, more) = check(&tree, schema, &CheckOptions::default());
        checked = query;
        found.extend(more);
    }
    let accepted = answer["accepted"] == true;
    match (accepted, checked) {
        (false, None) => Outcome::Agreed,
        (true, None) if !refused(&found) => Outcome::Unsupported,
        (true, None) => {
            let why: Vec<String> = found
                .iter()
                .map(|d| format!("{} {}", d.code, d.message))
                .collect();
            Outcome::Differs(format!("we refuse it: {}", why.join("; ")))
        }
        (false, Some(_)) => Outcome::Differs(format!("the binder refuses it: {}", answer["code"])),
        (true, Some(checked)) => {
            let ours: Vec<(String, String)> = checked
                .root
                .columns
                .iter()
                .map(|c| (c.name.clone(), c.ty.name().to_string()))
                .collect();
            let theirs: Vec<(String, String)> = answer["columns"]
                .as_array()
                .map(|list| {
                    let text = |value: &Value| value.as_str().unwrap_or("unknown").to_string();
                    list.iter().map(|c| (text(&c[0]), text(&c[1]))).collect()
                })
                .unwrap_or_default();
            let same = ours.len() == theirs.len()
                && ours.iter().zip(&theirs).all(|(our, their)| {
                    our.0 == their.0 && (our.1 == their.1 || their.1 == "unknown")
                });
            match same {
                true => Outcome::Agreed,
                false => Outcome::Differs(format!("{ours:?}, the binder has {theirs:?}")),
            }
        }
    }
}
