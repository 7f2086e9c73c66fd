//! Queries made by a grammar, a third of them made wrong, and what Microsoft's binder says of them.
//!
//! In: a number for each query, from which all of it follows. `docs/kql/generated.txt` holds the
//! answers: a hash of the query, and either a hash of the columns or the place and code of the first
//! error. After a mistake of grammar the binder binds what its recovery made up, so that an error before
//! the mistake may come of it: for such a query the place of the mistake will do. `cargo xtask oracle` asks anew; no test needs Node. A new function changes the few queries
//! that use it; those without an answer are passed over, and there may not be many.

mod chance;
mod changed;
mod mutate;
mod pipes;
mod values;
mod wholes;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;

use keyline_kql::check::{CheckOptions, check, plugins};
use keyline_kql::diagnostic::Severity;
use keyline_kql::parse::{OPERATOR_NAMES, parse};
use keyline_kql::schema::{Column, Schema};
use keyline_kql::vocabulary::vocabulary;

use values::{Known, number};

const QUERIES: u64 = 10_200;

/// So many have an answer at least, and so many of those agree.
const ANSWERED_MIN: usize = 10_100;
const AGREED_MIN_PERCENT: f64 = 99.0;

/// In how many queries each word of the language occurs at least.
const USES_MIN: usize = 20;

/// Operators that are known and do not run, and other names of those that do.
const NOT_RUN: [&str; 15] = [
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

fn queries(seeds: Range<u64>) -> Vec<Query> {
    let known = Known::all();
    seeds
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
fn known_differences(list: &'static str) -> BTreeMap<u64, &'static str> {
    list.lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| {
            let (hash, cause) = line.split_once(' ')?;
            Some((u64::from_str_radix(hash, 16).ok()?, cause))
        })
        .collect()
}

/// What stands before a mistake of grammar is bound too, as the binder does it.
fn ours(text: &str, schema: &dyn Schema) -> Said {
    let (tree, mut found) = parse(text);
    let (checked, more) = check(&tree, schema, &CheckOptions::default());
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

/// Something that is missing is missing somewhere in the gap between two tokens, comments and all: at
/// its end.
fn gap(text: &str, place: usize) -> usize {
    let mut rest = text[place.min(text.len())..].trim_start();
    while rest.starts_with("//") {
        rest = rest.find('\n').map_or("", |end| &rest[end..]).trim_start();
    }
    text.len() - rest.len()
}

/// What the binder said, as the file has it: `hash A columns`, `hash N names`, `hash R place code`.
fn answers(file: &'static str) -> HashMap<u64, Vec<&'static str>> {
    file.lines()
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
    let first = std::env::var("GENERATED_FROM").map_or(0, |seed| seed.parse().unwrap());
    let queries = queries(first..first + QUERIES);
    if let Ok(path) = std::env::var("GENERATED_QUERIES") {
        write_out(&path, queries.iter().map(|query| query.text.as_str()));
        return;
    }
    let answers = answers(include_str!("../../../../../docs/kql/generated.txt"));
    let known = known_differences(include_str!("differences.txt"));
    let texts = queries.iter().map(|query| query.text.as_str());
    let tally = Tally::of(texts, &NoTables, &answers, &known);
    codes_page(&tally.codes);
    tally.check(ANSWERED_MIN, AGREED_MIN_PERCENT);
}

/// The queries, for whoever asks the binder.
fn write_out<'q>(path: &str, queries: impl Iterator<Item = &'q str>) {
    let lines: Vec<String> = queries
        .map(|query| serde_json::json!({"query": query}).to_string())
        .collect();
    std::fs::write(path, lines.join("\n")).unwrap();
}

/// How far the binder and we say the same.
#[derive(Default)]
struct Tally {
    answered: usize,
    agreed: usize,
    unsupported: usize,
    /// How many queries differ, by how they do, and by the cause that is listed.
    differences: BTreeMap<String, usize>,
    by_cause: BTreeMap<&'static str, usize>,
    /// Differences that are not listed, and lines of the list without a difference.
    unlisted: Vec<String>,
    stale: Vec<String>,
    /// By which codes of ours we say what the binder says by each of its.
    codes: BTreeMap<&'static str, BTreeSet<String>>,
}

impl Tally {
    fn of<'q>(
        queries: impl Iterator<Item = &'q str>,
        schema: &dyn Schema,
        answers: &HashMap<u64, Vec<&'static str>>,
        known: &BTreeMap<u64, &'static str>,
    ) -> Tally {
        let mut tally = Tally::default();
        for query in queries {
            if let Some(theirs) = answers.get(&number(query)) {
                tally.add(query, ours(query, schema), theirs, known);
            }
        }
        tally
    }

    fn add(
        &mut self,
        query: &str,
        ours: Said,
        theirs: &[&'static str],
        known: &BTreeMap<u64, &'static str>,
    ) {
        self.answered += 1;
        if let (Said::Error(place, code), ["R", rest @ ..]) = (&ours, theirs) {
            let same = |pair: &&[&str]| pair[0] == place.to_string();
            if let Some(pair) = rest.chunks(2).find(same) {
                self.codes.entry(pair[1]).or_default().insert(code.clone());
            }
        }
        let Some(how) = difference(ours, theirs) else {
            self.unsupported += 1;
            return;
        };
        let hash = number(query);
        match (how, known.get(&hash)) {
            (None, None) => self.agreed += 1,
            (None, Some(_)) => self.stale.push(format!("{hash:x}")),
            (Some(how), listed) => {
                *self.differences.entry(how.clone()).or_default() += 1;
                match listed {
                    Some(cause) => *self.by_cause.entry(cause).or_default() += 1,
                    None => self.unlisted.push(format!("{hash:x} {how}: {query}")),
                }
            }
        }
    }

    fn check(&self, answered_min: usize, agreed_min_percent: f64) {
        let Tally {
            answered,
            agreed,
            unsupported,
            ..
        } = self;
        println!("{answered} answered, agreed on {agreed}, not supported {unsupported}");
        for (how, count) in &self.differences {
            println!("{count:6} {how}");
        }
        println!("by cause: {:?}", self.by_cause);
        assert!(
            *answered >= answered_min,
            "only {answered} have an answer: `cargo xtask oracle` asks anew"
        );
        assert!(
            self.unlisted.is_empty() && self.stale.is_empty(),
            "not in the list of differences:\n{}\nwithout a difference: {:?}",
            self.unlisted.join("\n"),
            self.stale
        );
        let part = 100.0 * *agreed as f64 / (answered - unsupported) as f64;
        assert!(part >= agreed_min_percent, "we agree on {part:.1} % only");
    }
}

/// `None` of what we do not support; else how the two differ, if they do.
fn difference(ours: Said, theirs: &[&str]) -> Option<Option<String>> {
    let names = |columns: &str| {
        let names: Vec<&str> = columns
            .split(',')
            .map(|c| c.split(':').next().unwrap_or(""))
            .collect();
        names.join(",")
    };
    let is_hash = |text: &str, hash: &str| format!("{:x}", number(text)) == hash;
    Some(match (ours, theirs) {
        (Said::Columns(columns), ["A", hash]) if is_hash(&columns, hash) => None,
        (Said::Columns(columns), ["N", hash]) if is_hash(&names(&columns), hash) => None,
        (Said::Columns(_), ["A" | "N", _]) => Some("other columns".to_string()),
        (Said::Error(place, _), ["R", there, _, ..]) if place.to_string() == *there => None,
        (Said::Error(place, _), ["R", _, _, there, _]) if place.to_string() == *there => None,
        (Said::Error(..), ["R", _, code, ..]) => Some(format!("another place than {code}")),
        (Said::Error(_, code), _) => Some(format!("we refuse it with {code}")),
        (Said::Columns(_), ["R", _, code, ..]) => Some(format!("we accept it, against {code}")),
        (Said::Unsupported(_), _) => return None,
        (_, other) => Some(format!("an answer that cannot be read: {other:?}")),
    })
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
    for query in queries(0..QUERIES) {
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
