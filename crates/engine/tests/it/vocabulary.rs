//! `docs/kql/vocabulary.txt`: which words of the language Keyline supports, by a rule.
//!
//! A function or aggregate stands in the list if it is implemented; any other word (operator, plugin,
//! statement, operator on strings) if a case that uses it yields the right rows. Then, for each case
//! that fails and uses only such words, the rarest of them goes: the one that the fewest passing cases
//! use; of several, the last by name, as a plugin rather than `evaluate`. So no failing case is covered, and no more is left out than that asks for. Failing cases in
//! which the corpus is wrong do not count.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use keyline_kql::functions;

/// A case of a corpus, after it ran.
pub struct Ran {
    pub id: String,
    pub words: BTreeSet<String>,
    /// The case expects rows rather than an error.
    pub rows: bool,
    pub outcome: Outcome,
}

#[derive(PartialEq, Eq)]
pub enum Outcome {
    Passed,
    Failed,
    /// It fails, and the corpus is wrong.
    CorpusError,
}

/// The words of the committed list.
pub fn committed() -> BTreeSet<String> {
    let lines = include_str!("../../../../docs/kql/vocabulary.txt").lines();
    lines
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(str::to_string)
        .collect()
}

/// The words that the rule yields, and those that a failing case drove out, with the case.
pub fn by_rule(cases: &[Ran]) -> (BTreeSet<String>, Vec<(String, String)>) {
    let mut driven_out = Vec::new();
    let mut uses: BTreeMap<&str, usize> = BTreeMap::new();
    let passed = |case: &&Ran| case.rows && case.outcome == Outcome::Passed;
    for word in cases.iter().filter(passed).flat_map(|case| &case.words) {
        *uses.entry(word).or_default() += 1;
    }
    let mut words = implemented_functions();
    let others = uses.keys().filter(|word| !is_function(word));
    words.extend(others.map(|word| word.to_string()));
    for case in cases.iter().filter(|case| case.outcome == Outcome::Failed) {
        if !case.words.is_subset(&words) {
            continue;
        }
        let rarest = case.words.iter().min_by_key(|word| {
            let passing = uses.get(word.as_str()).copied().unwrap_or_default();
            (passing, Reverse(word.as_str()))
        });
        if let Some(word) = rarest {
            words.remove(word);
            driven_out.push((word.clone(), case.id.clone()));
        }
    }
    (words, driven_out)
}

/// Writes the list anew.
pub fn write(words: &BTreeSet<String>) {
    let mut text = String::from(
        "# What of KQL Keyline runs, by canonical name. Every case of the conformance corpora that uses\n\
         # only these words passes, but for the cases in which a corpus is wrong. Made by a rule that\n\
         # crates/engine/tests/it/vocabulary.rs states; UPDATE_DOCS=1 with the corpora writes it anew.\n",
    );
    for word in words {
        text.push_str(word);
        text.push('\n');
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/kql/vocabulary.txt");
    std::fs::write(path, text).unwrap();
}

/// `toscalar` and `materialize` are not: the language gives them tables.
fn is_function(word: &str) -> bool {
    match word.split_once(':') {
        Some(("fn", name)) => functions::scalar(name).is_some(),
        Some(("agg", name)) => functions::aggregate(name).is_some(),
        _ => false,
    }
}

fn implemented_functions() -> BTreeSet<String> {
    let scalars = functions::scalars().into_iter().map(|f| ("fn", f));
    let aggregates = functions::aggregates().into_iter().map(|f| ("agg", f));
    scalars
        .chain(aggregates)
        .filter(|(_, function)| function.implemented)
        .map(|(class, function)| format!("{class}:{}", function.canonical))
        .collect()
}

#[test]
fn the_rarest_word_of_a_failing_case_goes() {
    let case = |words: &str, outcome| Ran {
        id: String::new(),
        words: words.split(' ').map(str::to_string).collect(),
        rows: true,
        outcome,
    };
    let (words, _) = by_rule(&[
        case("op:where", Outcome::Passed),
        case("op:where op:scan", Outcome::Passed),
        case("op:where op:scan fn:geo_angle", Outcome::Failed),
        case("op:where plugin:narrow", Outcome::CorpusError),
    ]);
    assert!(words.contains("op:where") && words.contains("op:scan") && words.contains("fn:strlen"));
    assert!(!words.contains("fn:geo_angle") && !words.contains("plugin:narrow"));
    let (words, _) = by_rule(&[
        case("op:where", Outcome::Passed),
        case("op:where op:take", Outcome::Passed),
        case("op:where op:take", Outcome::Failed),
    ]);
    assert!(words.contains("op:where") && !words.contains("op:take"));
}
