//! The checker over the corpora: what it accepts, what it refuses, and the columns that result.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use keyline_kql::check::{CheckOptions, check};
use keyline_kql::diagnostic::{Diagnostic, Severity};
use keyline_kql::parse::parse;
use keyline_kql::schema::{Column, Schema};
use keyline_kql::types::Type;
use serde_json::Value;

use crate::support;

/// Cases of the documentation that are wrong, and in what.
const WRONG: [(&str, &str); 1] = [(
    "series-magnitude-function#1",
    "the table shown has columns that the query does not make",
)];

/// Tables as the oracle's `schema.json` lists them.
pub struct Tables(BTreeMap<String, Vec<Column>>);

impl Schema for Tables {
    fn table(&self, name: &str) -> Option<Vec<Column>> {
        self.0.get(name).cloned()
    }

    fn table_names(&self) -> Vec<String> {
        self.0.keys().cloned().collect()
    }
}

pub fn tables(folder: &Path) -> Tables {
    let text = std::fs::read_to_string(folder.join("tools/kql-oracle/schema.json")).unwrap();
    let json: BTreeMap<String, Vec<(String, String)>> = serde_json::from_str(&text).unwrap();
    let columns = |list: Vec<(String, String)>| {
        // The binder sees no columns of a table that lists one twice.
        let names: BTreeSet<&String> = list.iter().map(|(name, _)| name).collect();
        if names.len() < list.len() {
            return Vec::new();
        }
        list.into_iter()
            .map(|(name, ty)| {
                let ty = Type::from_name(&ty.to_lowercase()).unwrap_or(Type::Dynamic);
                Column::new(name, ty)
            })
            .collect()
    };
    Tables(
        json.into_iter()
            .map(|(name, list)| (name, columns(list)))
            .collect(),
    )
}

/// The result's columns, or why there is none.
fn columns(query: &str, schema: &dyn Schema) -> Result<Vec<Column>, Vec<Diagnostic>> {
    let (tree, problems) = parse(query);
    if problems
        .iter()
        .any(|found| found.severity != Severity::Warning)
    {
        return Err(problems);
    }
    let (checked, diagnostics) = check(&tree, schema, &CheckOptions::default());
    match checked {
        Some(checked) => Ok(checked.root.columns.clone()),
        None => Err(diagnostics),
    }
}

/// Where the first error is, and what.
fn first_error(query: &str, schema: &dyn Schema) -> Option<(u32, String)> {
    let (tree, mut found) = parse(query);
    found.extend(check(&tree, schema, &CheckOptions::default()).1);
    found
        .into_iter()
        .filter(|found| found.severity == Severity::Error)
        .map(|found| {
            (
                found.primary.start,
                format!("{} {}", found.code, found.message),
            )
        })
        .min()
}

fn is_unsupported(diagnostics: &[Diagnostic]) -> bool {
    diagnostics
        .iter()
        .all(|found| found.severity != Severity::Error)
}

fn said(diagnostics: &[Diagnostic], query: &str) -> String {
    let lines: Vec<String> = diagnostics
        .iter()
        .map(|found| {
            format!(
                "{} {} at `{}`",
                found.code,
                found.message,
                found.primary.text(query)
            )
        })
        .collect();
    lines.join("; ")
}

fn names_and_types(columns: &[Column]) -> Vec<(String, String)> {
    columns
        .iter()
        .map(|column| (column.name.clone(), column.ty.name().to_string()))
        .collect()
}

fn strings(value: &Value) -> Vec<Option<String>> {
    value
        .as_array()
        .map(|list| {
            list.iter()
                .map(|item| item.as_str().map(str::to_string))
                .collect()
        })
        .unwrap_or_default()
}

fn lines(path: &Path) -> Vec<Value> {
    std::fs::read_to_string(path)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// The columns of all AWS rules are those that Microsoft's binder gives; of the other rules those
/// that we can check.
#[test]
fn rules_have_the_columns_that_the_oracle_says() {
    let Some(folder) = support::shared("the columns of the Sentinel rules") else {
        return;
    };
    let schema = tables(&folder);
    let expected: BTreeMap<String, Value> =
        lines(&folder.join("corpus/sentinel/rule-result-schemas.jsonl"))
            .into_iter()
            .map(|line| (line["id"].as_str().unwrap().to_string(), line))
            .collect();
    let mut failures = Vec::new();
    let mut matched = 0;
    for case in support::rule_cases(&folder, "") {
        let Some(expected) = expected.get(&case.id) else {
            failures.push(format!("{}: nothing is known of it", case.id));
            continue;
        };
        // A file that the binder refuses we refuse, at the same place.
        let places = expected["errors"].as_array().unwrap().iter();
        if let Some(theirs) = places.filter_map(|error| error["start"].as_u64()).min() {
            let ours = first_error(&case.query, &schema);
            match ours {
                Some((place, _)) if u64::from(place) == theirs => matched += 1,
                _ => failures.push(format!(
                    "{}: the first error is at {theirs}, ours {ours:?}",
                    case.id
                )),
            }
            continue;
        }
        let wanted: Vec<(String, String)> =
            serde_json::from_value(expected["columns"].clone()).unwrap();
        match columns(&case.query, &schema) {
            Ok(found) if names_and_types(&found) == wanted => matched += 1,
            Ok(found) => failures.push(format!(
                "{}:\n  found    {:?}\n  expected {wanted:?}",
                case.id,
                names_and_types(&found)
            )),
            Err(diagnostics) if case.id.starts_with("Amazon") || !is_unsupported(&diagnostics) => {
                failures.push(format!("{}: {}", case.id, said(&diagnostics, &case.query)));
            }
            Err(diagnostics) => println!(
                "not supported: {}: {}",
                case.id,
                said(&diagnostics, &case.query)
            ),
        }
    }
    println!("{matched} rules have the right columns");
    assert!(
        failures.is_empty(),
        "{matched} match, {} do not:\n{}",
        failures.len(),
        failures.join("\n")
    );
}

/// A parser is a function: with its parameters around it, what it names is known. The two that read
/// `_ItemId`, which the schema lacks, still say so.
#[test]
fn parsers_are_functions_of_their_parameters() {
    let Some(folder) = support::shared("the ASIM parsers") else {
        return;
    };
    let schema = tables(&folder);
    let mut seen = 0;
    for case in support::rule_cases(&folder, "Parsers-ASIM") {
        let path = folder.join("corpus/sentinel").join(&case.id);
        let parameters = support::parameters_of_parser(&std::fs::read_to_string(path).unwrap());
        let query = format!(
            "let Parser = ({parameters}) {{\n{}\n}};\nParser()",
            case.query
        );
        let missing = case.query.contains("_ItemId");
        match (columns(&query, &schema), missing) {
            (Ok(columns), false) => assert!(
                columns.iter().any(|c| c.name == "EventSchema"),
                "{columns:?}"
            ),
            (Err(diagnostics), true) => {
                let said = said(&diagnostics, &query);
                assert!(
                    said.starts_with("KQL101 unknown column `_ItemId`"),
                    "{}: {said}",
                    case.id
                );
            }
            (Ok(_), true) => panic!("{}: `_ItemId` is not in the schema", case.id),
            (Err(diagnostics), false) => panic!("{}: {}", case.id, said(&diagnostics, &query)),
        }
        seen += 1;
    }
    assert_eq!(seen, 4);
}

/// What the engine answers we accept, with the same columns and types; what it refuses we refuse.
#[test]
fn the_engine_and_the_checker_agree() {
    let Some(folder) = support::shared("the engine's answers") else {
        return;
    };
    let report = corpus(&folder, "kustainer-conformance.dev.jsonl");
    assert!(
        report.failures.is_empty(),
        "{} of {}:\n{}",
        report.failures.len(),
        report.cases,
        report.failures.join("\n")
    );
}

#[test]
fn the_documentation_and_the_checker_agree() {
    let Some(folder) = support::shared("the documentation's examples") else {
        return;
    };
    let report = corpus(&folder, "docs-conformance.dev.jsonl");
    assert!(
        report.failures.is_empty(),
        "{} of {}:\n{}",
        report.failures.len(),
        report.cases,
        report.failures.join("\n")
    );
}

struct Report {
    cases: usize,
    failures: Vec<String>,
}

fn corpus(folder: &Path, file: &str) -> Report {
    let schema = tables(folder);
    let mut failures = Vec::new();
    let cases = lines(&folder.join("corpus/kql").join(file));
    for case in &cases {
        let id = case["id"].as_str().unwrap();
        if WRONG.iter().any(|(wrong, _)| *wrong == id) {
            continue;
        }
        let query = case["query"].as_str().unwrap();
        let found = columns(query, &schema);
        let refused = case["expect"] == "error";
        match found {
            Err(diagnostics) if refused => {
                if is_unsupported(&diagnostics) {
                    failures.push(format!(
                        "{id}: refused by the engine, and to us it is but unsupported: {}\n  {query}",
                        said(&diagnostics, query)
                    ));
                }
            }
            Ok(_) if refused => {
                failures.push(format!("{id}: the engine refuses it\n  {query}"));
            }
            Err(diagnostics) if is_unsupported(&diagnostics) => {
                if std::env::var_os("SHOW_UNSUPPORTED").is_some() {
                    println!("UNSUPPORTED {id}: {}", said(&diagnostics, query));
                }
            }
            Err(diagnostics) => {
                failures.push(format!("{id}: {}\n  {query}", said(&diagnostics, query)));
            }
            Ok(found) => {
                let names = strings(&case["expected_columns"]);
                let types = strings(&case["expected_types"]);
                let found_names: Vec<Option<String>> = found
                    .iter()
                    .map(|column| Some(column.name.clone()))
                    .collect();
                let found_types: Vec<&str> = found.iter().map(|column| column.ty.name()).collect();
                let same_types = types
                    .iter()
                    .zip(&found_types)
                    .all(|(wanted, found)| wanted.as_deref().is_none_or(|wanted| wanted == *found));
                if found_names != names || !same_types {
                    failures.push(format!(
                        "{id}:\n  {query}\n  found    {:?}\n  expected {names:?} {types:?}",
                        names_and_types(&found)
                    ));
                }
            }
        }
    }
    Report {
        cases: cases.len(),
        failures,
    }
}
