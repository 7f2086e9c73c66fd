//! The format `timesketch`: an event of a timeline, one a line, which Timesketch imports as JSONL.
//!
//! `message`, `datetime` and `timestamp_desc` are what it asks for; the rest are columns by which
//! one searches there. An alert stands at its first event.

use serde_json::{Value, json};

use crate::alert::Alert;
use crate::text::{lines, one_line};

pub(crate) fn event(document: &Value) -> Value {
    let alert = Alert::queued(document);
    let severity = alert.severity().name();
    let mut tags = vec!["keyline".to_owned(), severity.to_lowercase()];
    tags.extend(alert.texts("techniques").iter().map(|id| one_line(id)));
    json!({
        "message": format!("{severity}: {}", alert.title()),
        "datetime": alert.text("start_time"),
        "timestamp": alert.millis("start_time").unwrap_or_default() * 1000,
        "timestamp_desc": "First event of an alert",
        "data_type": "keyline:alert",
        "source": "Keyline",
        "alert_id": alert.id(),
        "rule_id": alert.rule_id(),
        "rule_name": one_line(alert.text("rule_name")),
        "severity": severity,
        "description": lines(alert.text("description")),
        "end_time": alert.text("end_time"),
        "event_count": alert.count("event_count"),
        "event_ids": alert.texts("event_ids").join(" "),
        "tactics": alert.texts("tactics").join(" "),
        "access_key_ids": alert.texts("access_key_ids").join(" "),
        "root_credential": alert.text("root_credential"),
        "incident_id": alert.text("incident_id"),
        "src_ip": one_line(&alert.addresses().join(" ")),
        "user": one_line(&alert.principals().join(" ")),
        "tag": tags
    })
}
