//! The format `ocsf`: a Detection Finding (class 2004) of the Open Cybersecurity Schema Framework,
//! with the profile `cloud`.
//!
//! The version that is stated is the one that AWS Security Hub takes; every attribute here is in it
//! and in the minor versions after it, which only add. Keys have no type of observable of their own
//! there, so they are `Other` with a name.

use serde_json::{Map, Value, json};

use crate::alert::{Alert, Severity};
use crate::attack;
use crate::text::{lines, one_line};

/// The version of the schema to which documents keep.
pub(crate) const VERSION: &str = "1.6.0";

const CLASS: u32 = 2004;
const ACTIVITY_CREATE: u32 = 1;

pub(crate) fn finding(document: &Value) -> Value {
    let alert = Alert::queued(document);
    let (severity_id, severity) = match alert.severity() {
        Severity::Informational => (1, "Informational"),
        Severity::Low => (2, "Low"),
        Severity::Medium => (3, "Medium"),
        Severity::High => (4, "High"),
    };
    let created = alert.millis("evaluated_at").or(alert.millis("end_time"));
    let mut info = Map::new();
    let mut put = |key: &str, value: Value| {
        if !value.is_null() {
            info.insert(key.to_owned(), value);
        }
    };
    put("uid", alert.id().into());
    put("title", alert.title().into());
    put("desc", lines(alert.text("description")).into());
    put("created_time", created.into());
    put("first_seen_time", alert.millis("start_time").into());
    put("last_seen_time", alert.millis("end_time").into());
    put(
        "analytic",
        json!({
            "type_id": 1,
            "type": "Rule",
            "uid": alert.rule_id(),
            "name": one_line(alert.text("rule_name"))
        }),
    );
    put("attacks", attacks(alert));
    let events = alert.texts("event_ids");
    let events: Value = events
        .iter()
        .map(|id| json!({"uid": id, "type": "AWS CloudTrail event"}))
        .collect();
    put("related_events", events);
    put("related_events_count", alert.count("event_count").into());

    let mut finding = json!({
        "class_uid": CLASS,
        "class_name": "Detection Finding",
        "category_uid": 2,
        "category_name": "Findings",
        "activity_id": ACTIVITY_CREATE,
        "activity_name": "Create",
        "type_uid": CLASS * 100 + ACTIVITY_CREATE,
        "type_name": "Detection Finding: Create",
        "time": alert.millis("end_time").or(created).unwrap_or_default(),
        "severity_id": severity_id,
        "severity": severity,
        "status_id": 1,
        "status": "New",
        "is_alert": true,
        "message": alert.title(),
        "metadata": {
            "version": VERSION,
            "uid": alert.id(),
            "profiles": ["cloud"],
            "product": {
                "name": "Keyline",
                "vendor_name": "Keyline",
                "version": env!("CARGO_PKG_VERSION")
            }
        },
        "cloud": cloud(alert),
        "finding_info": info,
        "evidences": evidences(alert),
        "resources": resources(alert),
        "observables": observables(alert),
        "unmapped": {
            "root_credential": document["root_credential"],
            "incident_id": document["incident_id"],
            "custom": document["custom"],
            "row": document["row"]
        }
    });
    for (key, time) in [("start_time", "start_time"), ("end_time", "end_time")] {
        if let Some(at) = alert.millis(time) {
            finding[key] = at.into();
        }
    }
    finding
}

/// Tactics and techniques are not told apart by pairs in an alert: each stands alone.
fn attacks(alert: Alert<'_>) -> Value {
    let tactics = alert
        .texts("tactics")
        .into_iter()
        .filter_map(attack::tactic);
    let tactics = tactics.map(|(uid, name)| json!({"tactic": {"uid": uid, "name": name}}));
    let techniques = alert.texts("techniques");
    let techniques = techniques.iter().map(|id| match id.split_once('.') {
        None => json!({"technique": named(id)}),
        Some((technique, _)) => {
            json!({"technique": named(technique), "sub_technique": named(id)})
        }
    });
    tactics.chain(techniques).collect()
}

/// Some readers ask for a name as well, which an alert does not have.
fn named(id: &str) -> Value {
    json!({"uid": id, "name": id})
}

fn cloud(alert: Alert<'_>) -> Value {
    let mut cloud = json!({"provider": "AWS"});
    if let Some(account) = alert.account() {
        cloud["account"] = json!({
            "uid": account,
            "name": account,
            "type_id": 10,
            "type": "AWS Account"
        });
    }
    if let Some(region) = alert.region() {
        cloud["region"] = region.into();
    }
    cloud
}

fn evidences(alert: Alert<'_>) -> Value {
    let addresses = alert.addresses();
    let from = addresses
        .iter()
        .map(|ip| json!({"src_endpoint": {"ip": one_line(ip)}}));
    let principals = alert.principals();
    let by = principals
        .iter()
        .map(|name| json!({"actor": {"user": {"name": one_line(name)}}}));
    from.chain(by).collect()
}

fn resources(alert: Alert<'_>) -> Value {
    let keys = alert.texts("access_key_ids");
    keys.iter()
        .map(|key| json!({"uid": one_line(key), "type": "AWS::IAM::AccessKey"}))
        .collect()
}

fn observables(alert: Alert<'_>) -> Value {
    let mut found = Vec::new();
    let mut add = |name: &str, type_id: u32, kind: &str, values: Vec<&str>| {
        for value in values {
            let value = one_line(value);
            found.push(json!({"name": name, "type_id": type_id, "type": kind, "value": value}));
        }
    };
    add(
        "evidences[].src_endpoint.ip",
        2,
        "IP Address",
        alert.addresses(),
    );
    add(
        "evidences[].actor.user.name",
        4,
        "User Name",
        alert.principals(),
    );
    add(
        "resources[].uid",
        99,
        "AWS access key id",
        alert.texts("access_key_ids"),
    );
    found.into()
}
