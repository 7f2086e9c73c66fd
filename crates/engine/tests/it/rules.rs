//! The Sentinel rules of the corpus over real CloudTrail records: they run, and their columns are
//! those that Microsoft's binder finds.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use keyline_engine::catalog::plain_type;
use keyline_engine::{Catalog, Engine, EngineOptions, Evaluation, References};
use keyline_kql::schema::Column;
use keyline_kql::types::Type;
use keyline_lake::{LogOptions, Logs, RawRecord, SessionTokens};
use serde_json::Value as Json;

use crate::corpus::shared;

/// 2026-06-05T12:00:00Z.
const NOW: i64 = 17_806_608_000_000_000;

#[test]
fn aws_rules_run_over_real_records() {
    let Some(shared) = shared() else {
        println!("left out: the Sentinel rules, as `../shared` is absent");
        return;
    };
    let engine = engine(&[shared.join("data")]);
    let expected = expected_columns(&shared);
    let mut wrong = Vec::new();
    for (id, query) in aws_rules(&shared) {
        let evaluation = Evaluation::at(NOW);
        match engine.query_text(&query, &evaluation) {
            Err(error) => wrong.push(format!("{id}: {error}")),
            Ok(table) => {
                let found = table
                    .columns
                    .iter()
                    .map(|c| (c.name.clone(), c.ty.name().to_string()))
                    .collect::<Vec<_>>();
                if expected.get(&id).is_some_and(|expected| *expected != found) {
                    wrong.push(format!(
                        "{id}: columns {found:?}, expected {:?}",
                        expected[&id]
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Small reference files of our own, by what the address ends in.
pub struct SmallReferences;

impl References for SmallReferences {
    fn fetch(&self, uri: &str) -> Result<Vec<u8>, String> {
        let text = match uri.rsplit('.').next() {
            Some("json") => {
                r#"{"syncToken": "1", "prefixes": [
                    {"ip_prefix": "192.0.2.0/24", "region": "us-east-1", "service": "EC2"},
                    {"ip_prefix": "198.51.100.0/24", "region": "us-east-1", "service": "S3"}]}"#
            }
            Some("zip" | "csv") => "TorIP\n203.0.113.9\n",
            _ => "Admin\nPowerUser\n",
        };
        Ok(text.as_bytes().to_vec())
    }
}

pub fn logs(paths: &[PathBuf]) -> Logs {
    let options = LogOptions {
        threads: 1,
        memory_bytes: 256 << 20,
        session_tokens: SessionTokens::Hash,
        raw_record: RawRecord::Leave,
        since: None,
        until: None,
        now: None,
        scratch_folder: None,
        progress: None,
    };
    Logs::open(paths, options).unwrap()
}

pub fn catalog(paths: &[PathBuf]) -> Catalog {
    let mut catalog = Catalog::new();
    for known in keyline_lake::known_tables() {
        let column = |c: &keyline_lake::KnownColumn| {
            Column::new(c.name, Type::from_name(c.kql_type).unwrap())
        };
        let columns = known.columns.iter().map(column).collect();
        catalog.add(known.name, columns, known.provider());
    }
    let table = logs(paths).sentinel_table().unwrap();
    let schema = table.schema();
    let columns = schema
        .fields()
        .iter()
        .map(|f| Column::new(f.name(), plain_type(f.data_type())));
    catalog.add("AWSCloudTrail", columns.collect(), table);
    catalog
}

fn engine(paths: &[PathBuf]) -> Engine {
    let options = EngineOptions {
        partitions: 2,
        ..EngineOptions::for_this_machine()
    };
    Engine::new(&options, catalog(paths), Arc::new(SmallReferences)).unwrap()
}

/// The query of every AWS rule, the seed among them, by the rule's file.
pub fn aws_rules(shared: &Path) -> Vec<(String, String)> {
    let mut rules = Vec::new();
    for folder in [
        "AmazonWebServices-AnalyticRules",
        "AmazonWebServices-HuntingQueries",
    ] {
        let folder_path = shared.join("corpus/sentinel").join(folder);
        for file in std::fs::read_dir(folder_path).unwrap() {
            let path = file.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let text = std::fs::read_to_string(&path).unwrap();
            if let Some(query) = query_of(&text) {
                rules.push((format!("{folder}/{name}"), query));
            }
        }
    }
    let seed = shared.join("seeds/suspicious-sts-token-ec2.yaml");
    let seed = std::fs::read_to_string(seed).unwrap();
    rules.push(("seed".into(), query_of(&seed).unwrap()));
    rules.sort();
    rules
}

/// The text under `query:`, a block or a quoted line. (Reading YAML properly is `detect`'s part.)
fn query_of(yaml: &str) -> Option<String> {
    let mut lines = yaml.lines();
    let head = lines
        .by_ref()
        .find_map(|line| line.strip_prefix("query:"))?
        .trim();
    let text = if head.starts_with('"') {
        serde_json::from_str::<String>(head).ok()?
    } else {
        let block = lines.take_while(|line| line.is_empty() || line.starts_with(' '));
        block
            .map(|line| format!("{}\n", line.trim_start()))
            .collect()
    };
    Some(text.replace("```kusto", "").replace("```", ""))
}

fn expected_columns(shared: &Path) -> BTreeMap<String, Vec<(String, String)>> {
    let path = shared.join("corpus/sentinel/rule-result-schemas.jsonl");
    let text = std::fs::read_to_string(path).unwrap();
    let rule = |line: &str| {
        let rule: Json = serde_json::from_str(line).unwrap();
        let pair = |c: &Json| Some((c[0].as_str()?.to_string(), c[1].as_str()?.to_string()));
        let columns = rule["columns"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(pair)
            .collect();
        (rule["id"].as_str().unwrap().to_string(), columns)
    };
    text.lines().map(rule).collect()
}
