//! Queries made by a grammar, a third of them made wrong, and what Microsoft's binder says of them.
//!
//! In: a number for each query, from which all of it follows. `docs/kql/generated.txt` holds the
//! answers: a hash of the query, and either a hash of the columns or the place and code of the first
//! error. After a mistake of grammar the binder binds what its recovery made up, so that an error before
//! the mistake may come of it: for such a query the place of the mistake will do. `cargo xtask oracle` asks anew; no test needs Node. A new function changes the few queries
//! that use it; those without an answer are passed over, and there may not be many.

mod chance;
mod mutate;
mod pipes;
mod values;
mod wholes;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use keyline_kql::check::{CheckOptions, check, plugins};
use keyline_kql::diagnostic::Severity;
use keyline_kql::parse::{OPERATOR_NAMES, parse};
use keyline_kql::schema::{Column, Schema};
use keyline_kql::vocabulary::vocabulary;

use values::{Known, number};

const QUERIES: u64 = 10_000;

/// So many have an answer at least, and so many of those agree.
const ANSWERED_MIN: usize = 9_900;
const AGREED_MIN_PERCENT: f64 = 98.4;

/// In how many queries each word of the language occurs at least.
const USES_MIN: usize = 20;

/// Operators that are known and do not run, and other names of those that do.
const NOT_RUN: [&str; 16] = [
    "filter",
    "order",
    "limit",
    "mvexpand",
    "mvapply",
    "consume",
    "fork",
    "facet",
    "graph-where-nodes",
    "graph-where-edges",
    "macro-expand",
    "__partitionby",
    "execute-and-cache",
    "graph-merge",
    "graph",
    "inline_external_table",
];

struct NoTables;

impl Schema for NoTables {
    fn table(&self, _: &str) -> Option<Vec<Column>> {
        None
    }

    fn table_names(&self) -> Vec<String> {
        Vec::new()
    }
}

struct Query {
    text: String,
}

fn queries() -> Vec<Query> {
    let known = Known::all();
    (0..QUERIES)
        .map(|seed| {
            let made = match seed % 10 {
                7 => wholes::query(&known, seed),
                _ => pipes::query(&known, seed),
            };
            let text = match seed % 3 {
                2 => mutate::mutate(&made, pipes::PRELUDE.len(), seed),
                _ => made,
            };
            Query { text }
        })
        .collect()
}

/// What is said of a query: the columns, or the place and code of the first error, or that it is not
/// supported.
#[derive(Debug, PartialEq, Eq)]
enum Said {
    Columns(String),
    Error(usize, String),
    Unsupported(String),
}

/// The queries of which we say something else, each with the cause that the file explains.
fn known_differences() -> BTreeMap<u64, &'static str> {
    include_str!("differences.txt")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| {
            let (hash, cause) = line.split_once(' ')?;
            Some((u64::from_str_radix(hash, 16).ok()?, cause))
        })
        .collect()
}

/// What stands before a mistake of grammar is bound too, as the binder does it.
fn ours(text: &str) -> Said {
    let (tree, mut found) = parse(text);
    let (checked, more) = check(&tree, &NoTables, &CheckOptions::default());
    found.extend(more);
    let errors = || found.iter().filter(|d| d.severity == Severity::Error);
    match (errors().min_by_key(|d| d.primary.start), checked) {
        (Some(first), _) => Said::Error(
            gap(text, first.primary.start as usize),
            first.code.to_string(),
        ),
        (None, Some(checked)) => {
            let columns: Vec<String> = checked
                .root
                .columns
                .iter()
                .map(|c| format!("{}:{}", c.name, c.ty.name()))
                .collect();
            Said::Columns(columns.join(","))
        }
        (None, None) => {
            Said::Unsupported(found.first().map(|d| d.message.clone()).unwrap_or_default())
        }
    }
}

/// Something that is missing is missing somewhere in the gap between two tokens: at its end.
fn gap(text: &str, place: usize) -> usize {
    let rest = &text[place.min(text.len())..];
    place + (rest.len() - rest.trim_start().len())
}

/// What the binder said, as the file has it: `hash A columns`, `hash N names`, `hash R place code`.
fn answers() -> HashMap<u64, Vec<&'static str>> {
    include_str!("../../../../../docs/kql/generated.txt")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| {
            let mut parts = line.split(' ');
            let hash = u64::from_str_radix(parts.next()?, 16).ok()?;
            Some((hash, parts.collect()))
        })
        .collect()
}

#[test]
fn the_binder_says_the_same_of_generated_queries() {
    let queries = queries();
    if let Ok(path) = std::env::var("GENERATED_QUERIES") {
        let lines: Vec<String> = queries
            .iter()
            .map(|query| {
                serde_json::json!({"query": query.text, "ours": format!("{:?}", ours(&query.text))})
                    .to_string()
            })
            .collect();
        std::fs::write(path, lines.join("\n")).unwrap();
        return;
    }
    let answers = answers();
    let known = known_differences();
    let mut by_cause: BTreeMap<&str, usize> = BTreeMap::new();
    let mut stale = Vec::new();
    let mut unlisted = Vec::new();
    let (mut answered, mut agreed, mut unsupported) = (0, 0, 0);
    let mut differences: BTreeMap<String, usize> = BTreeMap::new();
    let mut codes: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for query in &queries {
        let Some(theirs) = answers.get(&number(&query.text)) else {
            continue;
        };
        answered += 1;
        let names = |columns: &str| {
            let names: Vec<&str> = columns
                .split(',')
                .map(|c| c.split(':').next().unwrap_or(""))
                .collect();
            names.join(",")
        };
        let is_hash = |text: &str, hash: &str| format!("{:x}", number(text)) == hash;
        let ours = ours(&query.text);
        if let (Said::Error(place, code), ["R", rest @ ..]) = (&ours, theirs.as_slice()) {
            let same = |pair: &&[&str]| pair[0] == place.to_string();
            if let Some(pair) = rest.chunks(2).find(same) {
                codes.entry(pair[1]).or_default().insert(code.clone());
            }
        }
        let how = match (ours, theirs.as_slice()) {
            (Said::Columns(columns), ["A", hash]) if is_hash(&columns, hash) => None,
            (Said::Columns(columns), ["N", hash]) if is_hash(&names(&columns), hash) => None,
            (Said::Columns(_), ["A" | "N", _]) => Some("other columns".to_string()),
            (Said::Error(place, _), ["R", there, _, ..]) if place.to_string() == *there => None,
            (Said::Error(place, _), ["R", _, _, there, _]) if place.to_string() == *there => None,
            (Said::Error(..), ["R", _, code, ..]) => Some(format!("another place than {code}")),
            (Said::Error(_, code), _) => Some(format!("we refuse it with {code}")),
            (Said::Columns(_), ["R", _, code, ..]) => Some(format!("we accept it, against {code}")),
            (Said::Unsupported(_), _) => {
                unsupported += 1;
                continue;
            }
            (_, other) => Some(format!("an answer that cannot be read: {other:?}")),
        };
        let hash = number(&query.text);
        match (how, known.get(&hash)) {
            (None, None) => agreed += 1,
            (None, Some(_)) => stale.push(format!("{hash:x}")),
            (Some(how), listed) => {
                *differences.entry(how.clone()).or_default() += 1;
                match listed {
                    Some(cause) => *by_cause.entry(cause).or_default() += 1,
                    None => unlisted.push(format!("{hash:x} {how}: {}", query.text)),
                }
            }
        }
    }
    codes_page(&codes);
    println!("{answered} answered, agreed on {agreed}, not supported {unsupported}");
    for (how, count) in &differences {
        println!("{count:6} {how}");
    }
    assert!(
        answered >= ANSWERED_MIN,
        "only {answered} have an answer: `cargo xtask oracle` asks anew"
    );
    println!("by cause: {by_cause:?}");
    assert!(
        unlisted.is_empty() && stale.is_empty(),
        "not in differences.txt:\n{}\nwithout a difference: {stale:?}",
        unlisted.join("\n")
    );
    let part = 100.0 * agreed as f64 / (answered - unsupported) as f64;
    assert!(part >= AGREED_MIN_PERCENT, "we agree on {part:.1} % only");
}

/// `docs/kql/binder_codes.md`: by which of our codes we say what the binder says by its. Every pair that
/// occurs stands in it; `UPDATE_DOCS=1` writes it anew.
fn codes_page(codes: &BTreeMap<&str, BTreeSet<String>>) {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../docs/kql/binder_codes.md"
    );
    if std::env::var_os("UPDATE_DOCS").is_some() {
        let mut page = String::from(
            "# Codes of Microsoft's binder and ours\n\nWhere both refuse a generated query at the same \
             place. Generated; [errors.md](errors.md) explains ours.\n\n| binder | ours |\n|---|---|\n",
        );
        for (theirs, ours) in codes {
            let ours: Vec<&str> = ours.iter().map(String::as_str).collect();
            page.push_str(&format!("| {theirs} | {} |\n", ours.join(", ")));
        }
        std::fs::write(path, page).unwrap();
    }
    let page = std::fs::read_to_string(path).unwrap_or_default();
    let missing: Vec<String> = codes
        .iter()
        .flat_map(|(theirs, ours)| ours.iter().map(move |own| (theirs, own)))
        .filter(|(theirs, own)| {
            let row = format!("| {theirs} | ");
            !page
                .lines()
                .any(|line| line.starts_with(&row) && line.contains(own.as_str()))
        })
        .map(|(theirs, own)| format!("{theirs} {own}"))
        .collect();
    assert!(
        missing.is_empty(),
        "run with UPDATE_DOCS=1: not in the table are {missing:?}"
    );
}

/// Every function, aggregate, operator and plugin that runs is used that often, as the parser counts.
#[test]
fn generated_queries_use_all_there_is() {
    let mut uses: BTreeMap<String, usize> = BTreeMap::new();
    for query in queries() {
        for word in vocabulary(&parse(&query.text).0) {
            *uses.entry(word).or_default() += 1;
        }
    }
    let functions = keyline_kql::functions::scalars().into_iter();
    let aggregates = keyline_kql::functions::aggregates().into_iter();
    let own = |f: &&keyline_kql::functions::Function| f.implemented && f.name == f.canonical;
    let operators = OPERATOR_NAMES.iter().filter(|name| !NOT_RUN.contains(name));
    let words = functions
        .filter(own)
        .map(|f| format!("fn:{}", f.name))
        .chain(aggregates.filter(own).map(|f| format!("agg:{}", f.name)))
        .chain(operators.map(|name| format!("op:{name}")))
        .chain(plugins().0.into_iter().map(|name| format!("plugin:{name}")));
    let seldom: Vec<String> = words
        .map(|word| {
            // Some names are both; where they stand tells which, and the parser does not look.
            let other = word.replacen("fn:", "agg:", 1);
            let count = |word: &str| uses.get(word).copied().unwrap_or(0);
            (count(&word).max(count(&other)), word)
        })
        .filter(|(count, _)| *count < USES_MIN)
        .map(|(count, word)| format!("{word} {count}"))
        .collect();
    assert!(
        seldom.is_empty(),
        "used less than {USES_MIN} times: {}",
        seldom.join(", ")
    );
}
