//! An alert document as formats read it: fields by name, nothing missing that could stop them.
//!
//! In: a JSON value, which must say that it is `keyline.alert/1` and have an id. What else it
//! lacks, or holds in another type than the contract says, reads as empty: an alert that cannot be
//! drawn nicely is sent all the same.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::attack;
use crate::error::{Error, ErrorKind};
use crate::limits;
use crate::text::{clip, one_line, safe_json};

/// The schema of the documents that are taken.
pub const SCHEMA: &str = "keyline.alert/1";

/// How bad an alert is; `Ord` goes from harmless to bad.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing.
    Informational,
    /// Worth a look in time.
    Low,
    /// Worth a look today.
    Medium,
    /// Worth getting up for.
    High,
}

impl Severity {
    /// The word of the contract.
    pub fn name(self) -> &'static str {
        match self {
            Severity::Informational => "Informational",
            Severity::Low => "Low",
            Severity::Medium => "Medium",
            Severity::High => "High",
        }
    }
}

/// One alert, borrowed.
#[derive(Clone, Copy)]
pub(crate) struct Alert<'a>(&'a Value);

impl<'a> Alert<'a> {
    /// Refuses what is no alert, and alerts of a version that is not known here.
    pub(crate) fn of(document: &'a Value) -> Result<Alert<'a>, Error> {
        let wrong = |message: String| Err(Error::new(ErrorKind::NotAnAlert, message));
        match document.get("schema").and_then(Value::as_str) {
            Some(SCHEMA) => {}
            Some(other) if other.starts_with("keyline.alert/") => {
                return wrong(format!(
                    "the alert is of `{}`, this Keyline knows `{SCHEMA}`: update it",
                    clip(other, 40)
                ));
            }
            _ => return wrong(format!("expected a document of `{SCHEMA}`, found another")),
        }
        let alert = Alert(document);
        match alert.id().is_empty() {
            true => wrong("expected an alert with an `alert_id`, found one without".to_owned()),
            false => Ok(alert),
        }
    }

    /// A document that was an alert when it was queued.
    pub(crate) fn queued(document: &'a Value) -> Alert<'a> {
        Alert(document)
    }

    pub(crate) fn text(self, key: &str) -> &'a str {
        self.0.get(key).and_then(Value::as_str).unwrap_or_default()
    }

    pub(crate) fn texts(self, key: &str) -> Vec<&'a str> {
        let list = self.0.get(key).and_then(Value::as_array);
        let items = list.into_iter().flatten();
        items.filter_map(Value::as_str).collect()
    }

    pub(crate) fn count(self, key: &str) -> u64 {
        self.0.get(key).and_then(Value::as_u64).unwrap_or_default()
    }

    /// An instant in milliseconds since 1970.
    pub(crate) fn millis(self, key: &str) -> Option<i64> {
        let at: Timestamp = self.text(key).parse().ok()?;
        Some(at.as_millisecond())
    }

    /// The title, which is never empty, on one line.
    pub(crate) fn title(self) -> String {
        let found = ["title", "rule_name", "rule_id"].map(|key| self.text(key));
        let title = found.into_iter().find(|text| !text.trim().is_empty());
        one_line(title.unwrap_or("An alert without a title"))
    }

    /// Each entity as its type and its identifiers.
    pub(crate) fn entities(self) -> Vec<Entity<'a>> {
        let list = self.0.get("entities").and_then(Value::as_array);
        let entity = |value: &'a Value| {
            let identifiers = value.get("identifiers").and_then(Value::as_object);
            let pairs = identifiers.into_iter().flatten();
            Entity {
                kind: value
                    .get("type")
                    .and_then(Value::as_str)
                    .unwrap_or_default(),
                identifiers: pairs
                    .filter_map(|(key, value)| Some((key.as_str(), value.as_str()?)))
                    .collect(),
            }
        };
        list.into_iter().flatten().map(entity).collect()
    }

    /// The addresses among the entities.
    pub(crate) fn addresses(self) -> Vec<&'a str> {
        let of_kind = self.entities().into_iter().filter(|e| e.kind == "IP");
        of_kind
            .flat_map(|entity| entity.identifiers)
            .map(|(_, text)| text)
            .collect()
    }

    /// The names or ARNs of those among the entities who act, each once.
    pub(crate) fn principals(self) -> Vec<&'a str> {
        let of_kind = self.entities().into_iter().filter(|e| e.kind == "Account");
        let mut names: Vec<&str> = Vec::new();
        for name in of_kind.filter_map(|entity| entity.name()) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }

    /// The account in which it happened, where the row or an ARN says so.
    pub(crate) fn account(self) -> Option<&'a str> {
        let is_account = |text: &&str| text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit());
        let cell = |column: &str| self.0.get("row")?.get(column)?.as_str();
        let columns = ["RecipientAccountId", "UserIdentityAccountId"];
        let in_row = columns.into_iter().filter_map(cell).find(is_account);
        let of_arn = |text: &'a str| text.strip_prefix("arn:")?.split(':').nth(3);
        in_row.or_else(|| {
            self.principals()
                .into_iter()
                .filter_map(of_arn)
                .find(is_account)
        })
    }

    /// The region in which it happened, where the row says so.
    pub(crate) fn region(self) -> Option<&'a str> {
        let region = self.0.get("row")?.get("AWSRegion")?.as_str()?;
        let is_plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        (region.len() < 40 && !region.is_empty() && region.bytes().all(is_plain)).then_some(region)
    }

    pub(crate) fn id(self) -> &'a str {
        self.text("alert_id")
    }

    pub(crate) fn rule_id(self) -> &'a str {
        self.text("rule_id")
    }

    pub(crate) fn severity(self) -> Severity {
        match self.text("severity") {
            "High" => Severity::High,
            "Low" => Severity::Low,
            "Informational" => Severity::Informational,
            _ => Severity::Medium,
        }
    }
}

/// One of whom or what an alert is about.
pub(crate) struct Entity<'a> {
    pub(crate) kind: &'a str,
    pub(crate) identifiers: Vec<(&'a str, &'a str)>,
}

/// The identifier of an account's entity that is no name.
const ACCOUNT_ID: &str = "CloudAppAccountId";

impl<'a> Entity<'a> {
    /// What one would call it.
    fn name(&self) -> Option<&'a str> {
        let by_key = |wanted: &str| self.identifiers.iter().find(|(key, _)| *key == wanted);
        let named = ["FullName", "UserPrincipalName", "DisplayName", "Name"];
        let other = || self.identifiers.iter().find(|(key, _)| *key != ACCOUNT_ID);
        let found = named.into_iter().find_map(by_key).or_else(other);
        found.map(|(_, name)| *name)
    }
}

/// When an alert happened, for people: `2026-10-14 11:11:16 to 15:50:21 UTC`.
fn span(alert: Alert<'_>) -> String {
    let plain = |key| {
        let text = alert.text(key).split(['.', 'Z']).next().unwrap_or_default();
        one_line(&clip(text, 40))
    };
    let (start, end) = (plain("start_time"), plain("end_time"));
    let split = |text: &str| match text.split_once('T') {
        Some((day, time)) => (day.to_owned(), time.to_owned()),
        None => (text.to_owned(), String::new()),
    };
    let ((day, from), (last_day, to)) = (split(&start), split(&end));
    match () {
        () if start == end || end.is_empty() => format!("{day} {from} UTC"),
        () if day == last_day => format!("{day} {from} to {to} UTC"),
        () => format!("{day} {from} to {last_day} {to} UTC"),
    }
}

/// What people want to know first, as label and text; what is empty is left out.
pub(crate) fn facts(alert: Alert<'_>) -> Vec<(&'static str, String)> {
    let tactics = alert.texts("tactics").into_iter().map(attack::name);
    let tactics: Vec<&str> = tactics.collect();
    let facts = [
        (
            "When",
            format!("{}, {} events", span(alert), alert.count("event_count")),
        ),
        ("Rule", one_line(alert.text("rule_name"))),
        ("Tactics", some_of(&tactics, 5)),
        ("Techniques", some_of(&alert.texts("techniques"), 5)),
        ("Who", some_of(&alert.principals(), 5)),
        ("From", some_of(&alert.addresses(), 5)),
        ("Keys", some_of(&alert.texts("access_key_ids"), 5)),
        ("Account", alert.account().unwrap_or_default().to_owned()),
    ];
    facts
        .into_iter()
        .filter(|(_, text)| !text.is_empty())
        .collect()
}

/// A few of many, and how many more there are.
pub(crate) fn some_of(texts: &[&str], count_max: usize) -> String {
    let mut shown: Vec<String> = texts
        .iter()
        .take(count_max)
        .map(|text| one_line(&clip(text, 200)))
        .collect();
    if texts.len() > count_max {
        shown.push(format!("and {} more", texts.len() - count_max));
    }
    shown.join(", ")
}

/// What tells one sending from another: an alert is news once, and again when its severity is
/// another.
pub(crate) fn key(alert: Alert<'_>) -> [u8; 16] {
    use sha2::{Digest, Sha256};
    let mut hash = Sha256::new();
    hash.update(alert.id().as_bytes());
    hash.update([0]);
    hash.update(alert.severity().name().as_bytes());
    let hash = hash.finalize();
    let mut key = [0; 16];
    key.copy_from_slice(&hash[..16]);
    key
}

/// The document on one line, without what makes it too long: an attacker who fills a row with a
/// megabyte must not keep its alert from arriving.
pub(crate) fn line(document: &Value) -> String {
    let line = safe_json(document);
    if line.len() <= limits::ALERT_BYTES_MAX {
        return line;
    }
    let Some(whole) = document.as_object() else {
        return line;
    };
    let mut short = Map::new();
    let mut left_out = Vec::new();
    for (key, value) in whole {
        let kept = match value {
            Value::Object(_) => json!({}),
            Value::Array(items) => items.iter().take(limits::CUT_LIST_MAX).map(brief).collect(),
            scalar => brief(scalar),
        };
        if kept != *value {
            left_out.push(clip(key, 100));
        }
        if short.len() < limits::CUT_LIST_MAX {
            short.insert(clip(key, 100), kept);
        }
    }
    left_out.truncate(limits::CUT_LIST_MAX);
    short.insert("cut".to_owned(), left_out.into());
    safe_json(&Value::Object(short))
}

/// The alert without what makes it long, for destinations that take little at once.
pub(crate) fn essence(document: &Value) -> Value {
    const KEPT: [&str; 16] = [
        "schema",
        "alert_id",
        "rule_id",
        "rule_name",
        "severity",
        "title",
        "tactics",
        "techniques",
        "start_time",
        "end_time",
        "evaluated_at",
        "entities",
        "access_key_ids",
        "root_credential",
        "incident_id",
        "event_count",
    ];
    let mut short = Map::new();
    for key in KEPT {
        let kept = match document.get(key) {
            Some(Value::Array(items)) => items.iter().take(5).map(scant).collect(),
            Some(value) => scant(value),
            None => continue,
        };
        short.insert(key.to_owned(), kept);
    }
    short.insert(
        "cut".to_owned(),
        json!(["description", "credentials", "event_ids", "custom", "row"]),
    );
    Value::Object(short)
}

/// A value that takes a line at most.
fn scant(value: &Value) -> Value {
    match brief(value) {
        Value::String(text) => clip(&text, 100).into(),
        Value::Object(map) if value.to_string().len() > 300 => {
            let kind = map.get("type").cloned().unwrap_or_default();
            json!({"type": scalar(&kind), "identifiers": {}})
        }
        other => other,
    }
}

/// A value that has a bounded size.
fn brief(value: &Value) -> Value {
    match value {
        Value::String(text) => clip(text, limits::CUT_TEXT_CHARS_MAX).into(),
        // Entities: a type and a few identifiers.
        Value::Object(map) => {
            let pairs = map.iter().take(10);
            let pair = |(key, value): (&String, &Value)| {
                let value = match value {
                    Value::Object(inner) => inner
                        .iter()
                        .take(10)
                        .map(|(key, value)| (clip(key, 100), scalar(value)))
                        .collect(),
                    other => scalar(other),
                };
                (clip(key, 100), value)
            };
            Value::Object(pairs.map(pair).collect())
        }
        other => scalar(other),
    }
}

fn scalar(value: &Value) -> Value {
    match value {
        Value::String(text) => clip(text, limits::CUT_TEXT_CHARS_MAX / 10).into(),
        Value::Array(_) | Value::Object(_) => Value::Null,
        other => other.clone(),
    }
}

/// An alert that asks a person whether alerts arrive; `now` is in seconds since 1970.
pub fn test_alert(now: i64) -> Value {
    let time = instant(now);
    json!({
        "schema": SCHEMA,
        "alert_id": format!("al-test-{now}"),
        "rule_id": "keyline-test",
        "rule_name": "Test of a sink",
        "severity": "Informational",
        "tactics": [],
        "techniques": [],
        "title": "Keyline's test alert: if you can read this, alerts arrive here",
        "description": "Sent by `keyline sinks test`. Nothing has happened, and nothing is to be done.",
        "start_time": time,
        "end_time": time,
        "evaluated_at": time,
        "entities": [],
        "access_key_ids": ["AKIAIOSFODNN7EXAMPLE"],
        "credentials": [],
        "root_credential": null,
        "incident_id": null,
        "event_ids": [],
        "event_count": 0,
        "evidence": "none",
        "custom": {},
        "row": {}
    })
}

/// An instant in seconds since 1970 as RFC 3339.
pub(crate) fn instant(seconds: i64) -> String {
    Timestamp::from_second(seconds)
        .unwrap_or(Timestamp::UNIX_EPOCH)
        .to_string()
}
