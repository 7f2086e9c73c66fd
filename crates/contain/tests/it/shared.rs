//! Real records, where they are at hand: does the undo map find its parameters in what AWS really writes?
//!
//! The material is no part of the repository: a folder `shared` beside the workspace, or `KEYLINE_SHARED`.

use std::collections::BTreeSet;
use std::path::PathBuf;

use keyline_contain::undo_map::{self, Record};
use serde_json::Value;

fn folder() -> Option<PathBuf> {
    let named = std::env::var_os("KEYLINE_SHARED").map(PathBuf::from);
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let folder = named.unwrap_or(beside).join("data");
    folder.is_dir().then_some(folder)
}

/// Every record with the file that it stands in.
fn records(folder: PathBuf) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    let mut waiting = vec![folder];
    while let Some(path) = waiting.pop() {
        if path.is_dir() {
            let entries = std::fs::read_dir(path).unwrap();
            waiting.extend(entries.map(|entry| entry.unwrap().path()));
        } else if path
            .extension()
            .is_some_and(|extension| extension == "jsonl")
        {
            let text = std::fs::read_to_string(&path).unwrap();
            let records = text
                .lines()
                .filter_map(|line| serde_json::from_str(line).ok());
            let file = path.display().to_string();
            found.extend(records.map(|record| (file.clone(), record)));
        }
    }
    found
}

#[test]
fn the_undo_map_finds_its_parameters_in_real_records() {
    let Some(folder) = folder() else {
        eprintln!("left out: there are no real records at hand");
        return;
    };
    let mut known = BTreeSet::new();
    let mut lacking = BTreeSet::new();
    for (file, record) in records(folder) {
        let text = |name: &str| record[name].as_str().unwrap_or_default().to_owned();
        if !record["errorCode"].is_null() {
            continue;
        }
        let Some(row) = undo_map::find(&text("eventSource"), &text("eventName")) else {
            continue;
        };
        let calls = row.calls_for(&Record {
            request: &record["requestParameters"],
            response: &record["responseElements"],
            before: None,
        });
        for call in calls {
            match call.missing.is_empty() {
                true => known.insert(row.event),
                // Collections of rules cut records down to what their rules look at.
                false if !file.contains("stratus-red-team") => false,
                false => lacking.insert(format!("{file}: {} {:?}", row.event, call.missing)),
            };
        }
    }
    assert!(lacking.is_empty(), "{lacking:#?}");
    assert!(known.len() >= 75, "{} events: {known:?}", known.len());
}
