//! The two KQL corpora: what the real engine and the language reference say a query yields.
//!
//! `KQL_REPORT=1` prints every failing case with its cause. Cases in which a corpus is wrong stand in
//! `corpus_errors.txt`, each with the evidence, all others that fail in `corpus_left.txt`.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

use keyline_engine::{Catalog, Engine, EngineOptions, ErrorKind, Evaluation, NoReferences, Table};
use keyline_kql::diagnostic::Severity;
use keyline_kql::parse::parse;
use serde_json::Value as Json;
use std::sync::Arc;

use crate::compare::{Corpus, Expected, difference};
use crate::vocabulary::{self, Outcome, Ran};

/// 2026-06-05T12:00:00Z, about when the real engine was asked.
const NOW: i64 = 17_806_608_000_000_000;

const KUSTAINER: &str = "kustainer-conformance.dev.jsonl";

/// Cases of the real engine that use only words of the vocabulary, and pass.
const KUSTAINER_COVERED_MIN: usize = 600;

#[test]
fn both_corpora() {
    let Some(shared) = shared() else {
        println!("left out: the KQL corpora, as `../shared/corpus/kql` is absent");
        return;
    };
    let report = std::env::var_os("KQL_REPORT").is_some();
    let wrong = include_str!("corpus_errors.txt")
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .filter_map(|line| line.split_whitespace().next())
        .collect::<Vec<_>>();
    // Right cases that do not pass, each with the reason.
    let left = include_str!("corpus_left.txt")
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .filter_map(|line| line.split_whitespace().next())
        .collect::<Vec<_>>();
    let mut unexplained = Vec::new();
    let mut stale = Vec::new();
    let engine = engine();
    let mut passed = BTreeMap::new();
    let mut causes: BTreeMap<String, usize> = BTreeMap::new();
    let mut owed = Vec::new();
    let list = vocabulary::committed();
    let mut ran = Vec::new();
    let mut covered: BTreeMap<&str, usize> = BTreeMap::new();
    for (corpus, file) in [
        (Corpus::Kustainer, KUSTAINER),
        (Corpus::Docs, "docs-conformance.dev.jsonl"),
    ] {
        let text = std::fs::read_to_string(shared.join("corpus/kql").join(file)).unwrap();
        for line in text.lines() {
            let case: Json = serde_json::from_str(line).unwrap();
            let id = case["id"].as_str().unwrap().to_string();
            let family = format!(
                "{}/{}",
                if corpus == Corpus::Kustainer {
                    "kustainer"
                } else {
                    "docs"
                },
                case["family"]
                    .as_str()
                    .or(case["kind"].as_str())
                    .unwrap_or("other")
            );
            let words = words(case["query"].as_str().unwrap());
            let within = words.is_subset(&list);
            let outcome = run(&engine, corpus, &case);
            let counts: &mut (usize, usize) = passed.entry(family).or_default();
            counts.1 += 1;
            let outcome = match outcome {
                Ok(()) => {
                    if wrong.contains(&id.as_str()) || left.contains(&id.as_str()) {
                        stale.push(id.clone());
                    }
                    counts.0 += 1;
                    *covered.entry(file).or_default() += usize::from(within);
                    Outcome::Passed
                }
                Err(why) => {
                    let known = wrong.contains(&id.as_str());
                    if report {
                        println!(
                            "{}{id}\n    {}\n    {why}",
                            if known { "(corpus error) " } else { "" },
                            case["query"].as_str().unwrap().replace('\n', "\n    ")
                        );
                    }
                    if !known && within {
                        owed.push(format!("{id}: {why}"));
                    }
                    if !known && !left.contains(&id.as_str()) {
                        unexplained.push(format!("{id}: {why}"));
                    }
                    *causes.entry(cause(&why)).or_default() += 1;
                    match known {
                        true => Outcome::CorpusError,
                        false => Outcome::Failed,
                    }
                }
            };
            ran.push(Ran {
                id,
                words,
                rows: case["expect"] != "error",
                outcome,
            });
        }
    }
    for (family, (passes, all)) in &passed {
        println!("{family:40} {passes:5} of {all}");
    }
    let total = |prefix: &str| {
        let of = passed
            .iter()
            .filter(|(family, _)| family.starts_with(prefix));
        of.fold((0, 0), |sum, (_, (passes, all))| {
            (sum.0 + passes, sum.1 + all)
        })
    };
    println!(
        "kustainer {:?}, docs {:?}",
        total("kustainer"),
        total("docs")
    );
    if report {
        let mut causes = causes.into_iter().collect::<Vec<_>>();
        causes.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        for (cause, count) in causes {
            println!("{count:5}  {cause}");
        }
    }
    println!("covered by the vocabulary, and passing: {covered:?}");
    let (by_rule, driven_out) = vocabulary::by_rule(&ran);
    if report {
        let names = |words: &mut dyn Iterator<Item = &String>| {
            words.map(String::as_str).collect::<Vec<_>>().join(" ")
        };
        println!("may join: {}", names(&mut by_rule.difference(&list)));
        println!("must go: {}", names(&mut list.difference(&by_rule)));
        let used = ran
            .iter()
            .flat_map(|case| &case.words)
            .collect::<BTreeSet<_>>();
        let unlisted = &mut used.into_iter().filter(|word| !by_rule.contains(*word));
        println!("used, but not in the vocabulary: {}", names(unlisted));
        for (word, id) in driven_out {
            println!("driven out by {id}: {word}");
        }
    }
    if std::env::var_os("UPDATE_DOCS").is_some() {
        vocabulary::write(&by_rule);
        return;
    }
    let covered = covered.get(KUSTAINER).copied().unwrap_or_default();
    assert!(
        covered >= KUSTAINER_COVERED_MIN,
        "too few cases are covered: {covered}"
    );
    assert!(
        unexplained.is_empty() && stale.is_empty(),
        "failing, and in none of the two lists:\n{}\nlisted, and passing: {stale:?}",
        unexplained.join("\n")
    );
    assert!(
        owed.is_empty(),
        "cases within the vocabulary fail:\n{}",
        owed.join("\n")
    );
}

pub fn shared() -> Option<PathBuf> {
    let root = match std::env::var_os("KEYLINE_SHARED") {
        Some(path) => PathBuf::from(path),
        None => PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared")),
    };
    root.join("corpus").is_dir().then_some(root)
}

fn engine() -> Engine {
    let options = EngineOptions {
        partitions: 1,
        ..EngineOptions::for_this_machine()
    };
    Engine::new(&options, Catalog::new(), Arc::new(NoReferences)).unwrap()
}

fn run(engine: &Engine, corpus: Corpus, case: &Json) -> Result<(), String> {
    let query = case["query"].as_str().unwrap();
    let evaluation = Evaluation::at(NOW);
    let answer = catch_unwind(AssertUnwindSafe(|| engine.query_text(query, &evaluation)))
        .map_err(|_| "panic".to_string())?;
    if case["expect"] == "error" {
        return match answer {
            Ok(table) => Err(format!(
                "an error was expected, found {} rows",
                table.rows.len()
            )),
            Err(e) if is_unsupported(&e) => Err(format!("unsupported: {e}")),
            Err(_) => Ok(()),
        };
    }
    let table = answer.map_err(|e| {
        if is_unsupported(&e) {
            format!("unsupported: {e}")
        } else {
            format!("error: {e}")
        }
    })?;
    match difference(&expected(corpus, query, case), &table) {
        Some(difference) => Err(difference),
        None => Ok(()),
    }
}

fn expected<'c>(corpus: Corpus, query: &'c str, case: &'c Json) -> Expected<'c> {
    let texts = |json: &'c Json| -> Vec<Option<&'c str>> {
        json.as_array()
            .map(|a| a.iter().map(Json::as_str).collect())
            .unwrap_or_default()
    };
    let verified = corpus == Corpus::Kustainer || case["columns_verified"] == true;
    let columns = texts(&case["expected_columns"])
        .into_iter()
        .flatten()
        .collect::<Vec<_>>();
    Expected {
        corpus,
        query,
        columns: (verified && !columns.is_empty()).then_some(columns),
        types: texts(&case["expected_types"]),
        rows: case["expected_rows"]
            .as_array()
            .unwrap()
            .iter()
            .map(texts)
            .collect(),
        ordered: case["ordered"] == true,
    }
}

fn is_unsupported(error: &keyline_engine::Error) -> bool {
    error.kind() == ErrorKind::Unsupported
        || error
            .diagnostics()
            .iter()
            .any(|d| d.severity == Severity::Unsupported)
}

/// What kind of failure this is, for counting.
fn cause(why: &str) -> String {
    let head = why.split(['\n', '[']).next().unwrap_or(why);
    let end = head.char_indices().nth(90).map_or(head.len(), |(at, _)| at);
    if head.starts_with("cells") || head.starts_with("rows") {
        return head.split(':').next().unwrap_or(head).to_string();
    }
    head[..end].to_string()
}

/// The words of a query, as `docs/kql/vocabulary.txt` writes them.
fn words(query: &str) -> BTreeSet<String> {
    keyline_kql::vocabulary::vocabulary(&parse(query).0)
}

/// So that the comparison itself is known to find differences.
#[test]
fn a_wrong_answer_is_found() {
    let table = engine().query_text("print a = 1, b = 'x'", &Evaluation::at(NOW));
    let table: Table = table.unwrap();
    let case = serde_json::json!({
        "expected_columns": ["a", "b"], "expected_types": ["long", "string"],
        "expected_rows": [["1", "x"]], "ordered": true
    });
    let check = |case: &Json| difference(&expected(Corpus::Kustainer, "", case), &table);
    assert_eq!(check(&case), None);
    for (key, value) in [
        ("expected_columns", serde_json::json!(["a", "c"])),
        ("expected_types", serde_json::json!(["int", "string"])),
        ("expected_rows", serde_json::json!([["2", "x"]])),
        ("expected_rows", serde_json::json!([])),
        ("expected_rows", serde_json::json!([[null, "x"]])),
    ] {
        let mut other = case.clone();
        other[key] = value;
        assert!(check(&other).is_some(), "{other}");
    }
}
