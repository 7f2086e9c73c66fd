//! Alerts to send, and outboxes that do not wait.

use std::path::Path;
use std::time::Duration;

use keyline_sinks::{Options, Outbox, Pace, Sink, SinkConfig, Until};
use serde_json::{Value, json};

/// An instant that tests take for now: 2026-10-14T16:00:00Z.
pub const NOW: i64 = 1_791_993_600;

/// The alert of a number.
pub fn alert(number: usize) -> Value {
    with(number, json!({}))
}

/// The alert of a number, some of its fields otherwise.
pub fn with(number: usize, other: Value) -> Value {
    let mut alert = json!({
        "schema": "keyline.alert/1",
        "alert_id": format!("al-{number:016}"),
        "rule_id": "5a3e0b52-0000-4000-8000-000000000001",
        "rule_name": "Bucket read in turns",
        "severity": "High",
        "tactics": ["Exfiltration", "CredentialAccess"],
        "techniques": ["T1530", "T1550.001"],
        "title": "examplecorp-invoices read in turns by 5 sessions of one key",
        "description": "Sessions of one key take turns.\nNext: keyline lineage AKIAIOSFODNN7EXAMPLE",
        "start_time": "2026-10-14T11:11:16Z",
        "end_time": "2026-10-14T15:50:21.5Z",
        "evaluated_at": "2026-10-14T16:00:00Z",
        "entities": [
            {"type": "Account", "identifiers": {"FullName": "arn:aws:iam::111122223333:user/mara",
                "CloudAppAccountId": "111122223333"}},
            {"type": "IP", "identifiers": {"Address": "203.0.113.7"}}
        ],
        "access_key_ids": ["AKIAIOSFODNN7EXAMPLE"],
        "credentials": ["cr-aaaabbbbccccdddd"],
        "root_credential": "cr-aaaabbbbccccdddd",
        "incident_id": "in-eeeeffffgggghhhh",
        "event_ids": ["6a3f1c2e-0000-4000-8000-00000000000a"],
        "event_count": 50,
        "evidence": "row",
        "custom": {"Bucket": "examplecorp-invoices"},
        "row": {"RecipientAccountId": "111122223333", "AWSRegion": "eu-central-1"}
    });
    for (key, value) in other.as_object().unwrap() {
        alert[key] = value.clone();
    }
    alert
}

/// The number of an alert.
pub fn number(alert: &Value) -> usize {
    alert["alert_id"].as_str().unwrap()[3..].parse().unwrap()
}

/// Sinks as a configuration has them.
pub fn sinks(configs: &[Value]) -> Vec<Sink> {
    let configs: Vec<SinkConfig> = configs
        .iter()
        .map(|config| serde_json::from_value(config.clone()).unwrap())
        .collect();
    Sink::all(&configs).unwrap()
}

/// No pause, small files, a fixed now.
pub fn options() -> Options {
    Options {
        segment_bytes_max: 4_000,
        pace: Pace {
            first: Duration::ZERO,
            longest: Duration::ZERO,
            asked_longest: Duration::ZERO,
        },
        now: || NOW,
        ..Options::usual()
    }
}

pub fn open(folder: &Path, configs: &[Value]) -> Outbox {
    Outbox::open(folder, sinks(configs), options()).unwrap()
}

/// Sends until nothing waits. The time is for a broken test alone.
pub fn deliver(outbox: &Outbox) {
    outbox.deliver(Until::Empty(Duration::from_secs(60)));
}

/// The documents of a file, one a line.
pub fn lines(path: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}
