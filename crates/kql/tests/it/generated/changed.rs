//! The queries of the corpora, each made wrong as by a slip of the pen, and what Microsoft's binder says
//! of them: real queries, most of which have a mistake.
//!
//! `docs/kql/changed.txt` holds the answers, in the form of `generated.txt`. `changed_differences.txt`
//! lists those of which we say something else, by cause.

use super::{Tally, answers, known_differences, mutate, write_out};
use crate::check::tables;
use crate::support;

/// So many have an answer at least, and so many of those agree.
const ANSWERED_MIN: usize = 2_000;
const AGREED_MIN_PERCENT: f64 = 98.0;

/// Longer queries of the small corpora are lists of shapes, of which a slip is seldom one in the query.
const LENGTH_MAX: usize = 1_500;

/// How often each rule is changed: there are fewer of them, and they are longer.
const TIMES_EACH_RULE: usize = 6;

#[test]
fn the_binder_says_the_same_of_changed_queries() {
    let Some(folder) = support::shared("what Microsoft's binder says of changed queries") else {
        return;
    };
    let queries = queries(&folder);
    if let Ok(path) = std::env::var("CHANGED_QUERIES") {
        write_out(&path, queries.iter().map(String::as_str));
        return;
    }
    let answers = answers(include_str!("../../../../../docs/kql/changed.txt"));
    let known = known_differences(include_str!("changed_differences.txt"));
    let texts = queries.iter().map(String::as_str);
    let tally = Tally::of(texts, &tables(&folder), &answers, &known);
    tally.check(ANSWERED_MIN, AGREED_MIN_PERCENT);
}

fn queries(folder: &std::path::Path) -> Vec<String> {
    let mut originals: Vec<String> = Vec::new();
    for file in [
        "kustainer-conformance.dev.jsonl",
        "docs-conformance.dev.jsonl",
    ] {
        let cases = support::json_cases(folder, file).into_iter();
        originals.extend(
            cases
                .map(|case| case.query)
                .filter(|query| query.len() < LENGTH_MAX),
        );
    }
    for _ in 0..TIMES_EACH_RULE {
        for prefix in ["Amazon", "Detections", "Hunting", "Other"] {
            let cases = support::rule_cases(folder, prefix).into_iter();
            originals.extend(cases.map(|case| case.query));
        }
    }
    let first: u64 = std::env::var("CHANGED_FROM").map_or(0, |seed| seed.parse().unwrap());
    let changed = |(at, query): (usize, &String)| mutate::mutate(query, 0, first + at as u64);
    originals.iter().enumerate().map(changed).collect()
}
