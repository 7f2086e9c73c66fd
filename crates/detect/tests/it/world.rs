//! Logs in a temporary folder and hunts over them.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use keyline_detect::hunt::{HuntOptions, HuntReport, hunt};
use keyline_detect::load::{Loaded, Origin, load_text};
use keyline_detect::rule::Rule;
use keyline_engine::{Catalog, EngineOptions, References};
use keyline_kql::schema::Column;
use keyline_kql::types::Type;
use keyline_lake::lineage::Lineage;
use keyline_lake::{LogOptions, Logs, RawRecord, SessionTokens, TABLE, TABLE_AWS};
use keyline_lineage::Production;
use keyline_trail::schema::COLUMNS;
use serde_json::{Value, json};

/// Bytes by URI.
pub struct Files(pub Vec<(String, Vec<u8>)>);

impl References for Files {
    fn fetch(&self, uri: &str) -> Result<Vec<u8>, String> {
        let found = self.0.iter().find(|(known, _)| known == uri);
        found
            .map(|(_, bytes)| bytes.clone())
            .ok_or_else(|| format!("no `--ref {uri}=PATH`"))
    }
}

/// A record with what every record has; `extra` is laid over it.
pub fn record(id: &str, time: &str, source: &str, name: &str, extra: Value) -> Value {
    let mut record = json!({
        "eventVersion": "1.09",
        "eventTime": time,
        "eventSource": source,
        "eventName": name,
        "awsRegion": "eu-central-1",
        "eventID": id,
        "eventType": "AwsApiCall",
        "recipientAccountId": "111122223333",
        "managementEvent": true,
        "eventCategory": "Management",
    });
    let fields = extra.as_object().cloned().unwrap_or_default();
    record.as_object_mut().unwrap().extend(fields);
    record
}

pub fn rules(text: &str) -> Vec<Rule> {
    let mut loaded = Loaded::default();
    load_text("rules.yaml", text.as_bytes(), Origin::Named, &mut loaded);
    assert_eq!(loaded.problems, [], "{text}");
    loaded.rules
}

pub fn open(paths: &[PathBuf]) -> (Logs, Catalog) {
    let options = LogOptions {
        threads: 2,
        memory_bytes: 256 << 20,
        session_tokens: SessionTokens::Hash,
        raw_record: RawRecord::Leave,
        since: None,
        until: None,
        now: None,
        scratch_folder: None,
        progress: None,
    };
    let logs = Logs::open(paths, options).unwrap();
    let mut catalog = Catalog::new();
    for table in keyline_lake::known_tables() {
        let column = |c: &keyline_lake::KnownColumn| {
            Column::new(c.name, Type::from_name(c.kql_type).unwrap())
        };
        catalog.add(
            table.name,
            table.columns.iter().map(column).collect(),
            table.provider(),
        );
    }
    for (name, table) in [(TABLE, logs.table()), (TABLE_AWS, logs.sentinel_table())] {
        let table = table.unwrap();
        let schema = table.schema();
        let kept = COLUMNS
            .iter()
            .filter(|spec| schema.field_with_name(spec.name).is_ok());
        let column = |spec: &keyline_trail::schema::ColumnSpec| {
            Column::new(spec.name, Type::from_name(spec.kql.name()).unwrap())
        };
        catalog.add(name, kept.map(column).collect(), table.clone());
    }
    (logs, catalog)
}

pub fn hunt_paths(paths: &[PathBuf], rules: &[Rule], files: Files, threads: usize) -> HuntReport {
    let (logs, catalog) = open(paths);
    let options = HuntOptions {
        since: None,
        until: None,
        as_of: None,
        engine: EngineOptions::for_this_machine(),
        threads,
        rule_time: None,
        progress: None,
    };
    let lineage = Lineage::of(&logs, Production::default());
    let mut catalog = catalog;
    for table in lineage.tables(&logs.table().unwrap()).unwrap() {
        let columns = table.columns.iter();
        let columns = columns.map(|c| Column::new(c.name, Type::from_name(c.kql_type).unwrap()));
        catalog.add(table.name, columns.collect(), table.provider.clone());
    }
    hunt(rules, &logs, &lineage, &catalog, Arc::new(files), &options).unwrap()
}

/// Hunts over records, one a line in one file.
pub fn hunt_records(records: &[Value], rules: &[Rule], files: Files) -> HuntReport {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), records);
    hunt_paths(&[folder.path().to_path_buf()], rules, files, 2)
}

pub fn write(folder: &Path, records: &[Value]) {
    let lines: Vec<String> = records.iter().map(Value::to_string).collect();
    fs::write(folder.join("events.jsonl"), lines.join("\n")).unwrap();
}
