//! Every Sentinel file of the corpus runs: the AWS ones and those of several sources over a few real
//! records and empty tables of the others, the ASIM parsers as functions of their parameters. A file
//! that Microsoft's binder refuses is refused at that place.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_schema::{DataType, Field, Schema, TimeUnit};
use datafusion::datasource::empty::EmptyTable;
use keyline_engine::{Catalog, Engine, EngineOptions, Evaluation};
use keyline_kql::diagnostic::Severity;
use keyline_kql::schema::Column;
use keyline_kql::types::Type;
use serde_json::Value as Json;

use crate::corpus::shared;
use crate::rules::{SmallReferences, catalog};

/// 2026-06-05T12:00:00Z.
const NOW: i64 = 17_806_608_000_000_000;

/// So many files there are of which every one is looked at.
const FILES: usize = 96;

#[test]
fn every_file_runs_or_is_refused_where_the_binder_refuses_it() {
    let Some(shared) = shared() else {
        println!("left out: the Sentinel files, as `../shared` is absent");
        return;
    };
    let tables = tables(&shared);
    let as_the_binder_sees = engine(&shared, &tables, Twice::NoColumns, &[]);
    let real = engine(&shared, &tables, Twice::Once, &[]);
    let mut wrong = Vec::new();
    let (mut ran, mut refused) = (0, 0);
    let answers =
        std::fs::read_to_string(shared.join("corpus/sentinel/rule-result-schemas.jsonl")).unwrap();
    for line in answers.lines() {
        let answer: Json = serde_json::from_str(line).unwrap();
        let id = answer["id"].as_str().unwrap();
        let query = query_of(&shared, id);
        let errors = answer["errors"].as_array().unwrap().iter();
        let Some(place) = errors.filter_map(|error| error["start"].as_u64()).min() else {
            let wanted: Vec<(String, String)> =
                serde_json::from_value(answer["columns"].clone()).unwrap();
            match columns_of_run(&real, &query) {
                Ok(found) if found == wanted => ran += 1,
                Ok(found) => wrong.push(format!("{id}: columns {found:?}, expected {wanted:?}")),
                Err(why) => wrong.push(format!("{id}: {why}")),
            }
            continue;
        };
        match as_the_binder_sees.query_text(&query, &Evaluation::at(NOW)) {
            Ok(_) => wrong.push(format!("{id}: runs, an error at {place} was expected")),
            Err(error) => {
                let errors = error
                    .diagnostics()
                    .iter()
                    .filter(|d| d.severity == Severity::Error);
                let first = errors.map(|d| u64::from(d.primary.start)).min();
                match first == Some(place) {
                    true => refused += 1,
                    false => wrong.push(format!("{id}: {error} at {first:?}, expected at {place}")),
                }
            }
        }
    }
    println!("{ran} files run, {refused} are refused at the binder's place");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(ran + refused, FILES);
}

/// With its parameters and a table that has the hidden column of Sentinel's, every parser runs.
#[test]
fn parsers_run_as_functions_of_their_parameters() {
    let Some(shared) = shared() else {
        println!("left out: the ASIM parsers, as `../shared` is absent");
        return;
    };
    let engine = engine(&shared, &tables(&shared), Twice::Once, &["AWSCloudTrail"]);
    let folder = shared.join("corpus/sentinel/Parsers-ASIM");
    let mut seen = 0;
    for file in std::fs::read_dir(&folder).unwrap() {
        let path = file.unwrap().path();
        let id = format!(
            "Parsers-ASIM/{}",
            path.file_name().unwrap().to_string_lossy()
        );
        let parameters = parameters_of(&std::fs::read_to_string(&path).unwrap());
        assert!(parameters.contains("disabled"), "{id}: {parameters}");
        let body = query_of(&shared, &id);
        let query = format!("let Parser = ({parameters}) {{\n{body}\n}};\nParser()");
        let columns = columns_of_run(&engine, &query).unwrap_or_else(|why| panic!("{id}: {why}"));
        assert!(
            columns.iter().any(|(name, _)| name == "EventSchema"),
            "{id}: {columns:?}"
        );
        seen += 1;
    }
    assert_eq!(seen, 4);
}

fn columns_of_run(engine: &Engine, query: &str) -> Result<Vec<(String, String)>, String> {
    let table = engine
        .query_text(query, &Evaluation::at(NOW))
        .map_err(|error| error.to_string())?;
    let pair = |c: &Column| (c.name.clone(), c.ty.name().to_string());
    Ok(table.columns.iter().map(pair).collect())
}

/// What becomes of a table that lists a column twice.
#[derive(Clone, Copy, PartialEq)]
enum Twice {
    /// The column is there once.
    Once,
    /// The binder then sees none of its columns.
    NoColumns,
}

/// The tables of the binder's schema by name.
fn tables(shared: &Path) -> BTreeMap<String, Vec<Column>> {
    let path = shared.join("tools/kql-oracle/schema.json");
    let json: BTreeMap<String, Vec<(String, String)>> =
        serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let column = |(name, ty): (String, String)| {
        Column::new(
            name,
            Type::from_name(&ty.to_lowercase()).unwrap_or(Type::Dynamic),
        )
    };
    json.into_iter()
        .map(|(name, columns)| (name, columns.into_iter().map(column).collect()))
        .collect()
}

/// The real records as `AWSCloudTrail`, the other tables empty; those in `hidden` are empty too, and
/// have the column `_ItemId`.
fn engine(
    shared: &Path,
    tables: &BTreeMap<String, Vec<Column>>,
    twice: Twice,
    hidden: &[&str],
) -> Engine {
    let mut catalog: Catalog = catalog(&[shared.join("data")]);
    for (name, listed) in tables {
        let is_hidden = hidden.contains(&name.as_str());
        if name == "AWSCloudTrail" && !is_hidden {
            continue;
        }
        let mut columns: Vec<Column> = Vec::new();
        for column in listed {
            if columns.iter().all(|known| known.name != column.name) {
                columns.push(column.clone());
            }
        }
        if twice == Twice::NoColumns && columns.len() < listed.len() {
            columns.clear();
        }
        if is_hidden {
            columns.push(Column::new("_ItemId", Type::String));
        }
        let fields: Vec<Field> = columns
            .iter()
            .map(|column| Field::new(&column.name, stored(column.ty), true))
            .collect();
        let provider = EmptyTable::new(Arc::new(Schema::new(fields)));
        catalog.add(name.clone(), columns, Arc::new(provider));
    }
    let options = EngineOptions {
        partitions: 2,
        ..EngineOptions::for_this_machine()
    };
    Engine::new(&options, catalog, Arc::new(SmallReferences)).unwrap()
}

/// How a column lies in a table.
fn stored(ty: Type) -> DataType {
    match ty {
        Type::Bool => DataType::Boolean,
        Type::Int => DataType::Int32,
        Type::Long => DataType::Int64,
        Type::Real => DataType::Float64,
        Type::DateTime => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        _ => DataType::Utf8View,
    }
}

/// The block of the key that holds a file's query. (Reading YAML properly is `detect`'s part.)
fn query_of(shared: &Path, id: &str) -> String {
    let path: PathBuf = shared.join("corpus/sentinel").join(id);
    let text = std::fs::read_to_string(path).unwrap();
    let mut lines = text.lines();
    let keys = ["query:", "Query:", "FunctionQuery:", "ParserQuery:"];
    let key = lines
        .find(|line| keys.iter().any(|key| line.trim_start().starts_with(key)))
        .unwrap_or_else(|| panic!("{id}: no query"));
    let inline = key.split_once(':').map_or("", |(_, rest)| rest).trim();
    if !inline.is_empty() && !inline.starts_with(['|', '>']) {
        return inline.trim_matches('\'').to_string();
    }
    let margin = key.len() - key.trim_start().len();
    let block: Vec<&str> = lines
        .take_while(|line| line.trim().is_empty() || line.len() - line.trim_start().len() > margin)
        .collect();
    let first = block.iter().find(|line| !line.trim().is_empty());
    let indent = first.map_or(0, |line| line.len() - line.trim_start().len());
    let body: Vec<&str> = block
        .iter()
        .map(|line| line.get(indent..).unwrap_or(""))
        .collect();
    body.join("\n").trim().trim_matches('\'').to_string()
}

/// `name: type = default, …`, of a parser's list of parameters.
fn parameters_of(yaml: &str) -> String {
    let mut parameters: Vec<[&str; 3]> = Vec::new();
    let lines = yaml
        .lines()
        .skip_while(|line| !line.starts_with("ParserParams:"));
    for line in lines
        .skip(1)
        .take_while(|line| line.starts_with([' ', '-']))
    {
        let (key, value) = line
            .trim()
            .trim_start_matches("- ")
            .split_once(':')
            .unwrap();
        if key == "Name" {
            parameters.push([""; 3]);
        }
        let at = ["Name", "Type", "Default"]
            .iter()
            .position(|known| *known == key);
        if let (Some(at), Some(last)) = (at, parameters.last_mut()) {
            last[at] = value.trim();
        }
    }
    let text = |[name, ty, default]: &[&str; 3]| match *ty == "string"
        && !default.starts_with(['\'', '"'])
    {
        true => format!("{name}: {ty} = '{default}'"),
        false => format!("{name}: {ty} = {default}"),
    };
    parameters.iter().map(text).collect::<Vec<_>>().join(", ")
}
