//! What proves a finding: event ids and access key ids in its rows, or the events that its entities
//! lead to.
//!
//! The events themselves are asked for through a trait, so that nothing here reads logs.

use std::collections::BTreeSet;

use keyline_kql::types::{Type, Value};
use serde::{Deserialize, Serialize};

use crate::entity::Entity;
use crate::limits::{ACCESS_KEY_ID_CHARS_MAX, ACCESS_KEY_ID_CHARS_MIN};
use crate::row::{ResultRow, text};

/// Where the event ids of an alert come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Evidence {
    Row,
    Lookup,
    None,
}

/// The events that a rule can see.
pub trait Events: Sync {
    /// The events of the window, both ends included, that meet all conditions, in no order.
    fn find(&self, window: (i64, i64), conditions: &[Condition]) -> Vec<EventRef>;
}

/// No events: every lookup finds nothing.
pub struct NoEvents;

impl Events for NoEvents {
    fn find(&self, _window: (i64, i64), _conditions: &[Condition]) -> Vec<EventRef> {
        Vec::new()
    }
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct EventRef {
    pub time: i64,
    pub id: String,
}

/// At least one of the tests holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    pub any_of: Vec<Test>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Test {
    /// A string column of `AWSCloudTrail`, one of [`LOOKUP_COLUMNS`].
    pub column: &'static str,
    pub value: Expected,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expected {
    Is(String),
    EndsWith(String),
}

/// The columns that conditions may name.
pub const LOOKUP_COLUMNS: [&str; 8] = [
    "SourceIpAddress",
    "UserIdentityUserName",
    "UserIdentityArn",
    "UserIdentityPrincipalid",
    "UserIdentityAccountId",
    "UserIdentityAccessKeyId",
    "SessionIssuerUserName",
    "RecipientAccountId",
];

impl Test {
    pub fn holds(&self, value: &str) -> bool {
        match &self.value {
            Expected::Is(expected) => value == expected,
            Expected::EndsWith(end) => value.ends_with(end.as_str()),
        }
    }
}

/// What an event must be like to belong to the entities: entities of one type are alternatives, types
/// add up. Empty when no entity says anything about an event.
pub fn conditions(entities: &[Entity]) -> Vec<Condition> {
    let mut conditions: Vec<(&str, Condition)> = Vec::new();
    let mut add = |group: &'static str, tests: Vec<Test>| {
        if tests.is_empty() {
            return;
        }
        match conditions.iter_mut().find(|(known, _)| *known == group) {
            Some((_, condition)) => condition.any_of.extend(tests),
            None => conditions.push((group, Condition { any_of: tests })),
        }
    };
    for entity in entities {
        let get = |identifier: &str| {
            entity
                .identifiers
                .get(identifier)
                .and_then(|value| value.as_str())
        };
        match entity.entity_type.as_str() {
            "IP" => add("ip", is("SourceIpAddress", get("Address"))),
            "AccessKey" => add("key", is("UserIdentityAccessKeyId", get("AccessKeyId"))),
            "CloudApplication" => add("estate", account_id(get("AppId"))),
            "Account" => {
                add("estate", account_id(get("CloudAppAccountId")));
                add("account", account(entity));
            }
            _ => {}
        }
    }
    conditions
        .into_iter()
        .map(|(_, condition)| condition)
        .collect()
}

/// An account's name may be that of a user, of a session, or an ARN.
fn account(entity: &Entity) -> Vec<Test> {
    let get = |identifier: &str| {
        entity
            .identifiers
            .get(identifier)
            .and_then(|value| value.as_str())
            .unwrap_or_default()
    };
    let mut names: Vec<String> = Vec::new();
    match (get("Name"), get("UPNSuffix")) {
        ("", _) => {}
        (name, "") => names.push(name.to_string()),
        (name, suffix) => names.push(format!("{name}@{suffix}")),
    }
    for identifier in ["FullName", "UserPrincipalName", "DisplayName", "ObjectGuid"] {
        let name = get(identifier).to_string();
        if !name.is_empty() && !names.contains(&name) {
            names.push(name);
        }
    }
    let test = |column: &'static str, value: Expected| Test { column, value };
    let mut tests = Vec::new();
    for name in names {
        tests.push(test("UserIdentityUserName", Expected::Is(name.clone())));
        tests.push(test("UserIdentityArn", Expected::Is(name.clone())));
        tests.push(test(
            "UserIdentityArn",
            Expected::EndsWith(format!("/{name}")),
        ));
        tests.push(test("UserIdentityPrincipalid", Expected::Is(name.clone())));
        tests.push(test(
            "UserIdentityPrincipalid",
            Expected::EndsWith(format!(":{name}")),
        ));
        tests.push(test("SessionIssuerUserName", Expected::Is(name)));
    }
    tests
}

fn account_id(value: Option<&str>) -> Vec<Test> {
    let mut tests = is("RecipientAccountId", value);
    tests.extend(is("UserIdentityAccountId", value));
    tests
}

fn is(column: &'static str, value: Option<&str>) -> Vec<Test> {
    let value = value.filter(|value| !value.is_empty());
    value
        .map(|v| Test {
            column,
            value: Expected::Is(v.to_string()),
        })
        .into_iter()
        .collect()
}

/// The event ids in a row: columns that are called like the table's `AwsEventId`, whatever a join or
/// an aggregate added to the name.
pub fn event_ids(row: &ResultRow<'_>, ids: &mut BTreeSet<String>) {
    for (column, value) in row.cells() {
        if !column.name.contains("AwsEventId") {
            continue;
        }
        match value {
            Value::Dynamic(json) => match serde_json::from_str(json) {
                Ok(serde_json::Value::Array(items)) => {
                    ids.extend(items.iter().filter_map(|i| i.as_str()).map(str::to_string));
                }
                Ok(serde_json::Value::String(id)) => {
                    ids.insert(id);
                }
                _ => {}
            },
            Value::String(id) if !id.is_empty() => {
                ids.insert(id.clone());
            }
            _ => {}
        }
    }
}

/// The access key ids in a row: in the columns named, else in any cell.
pub fn access_key_ids(row: &ResultRow<'_>, columns: &[String], ids: &mut BTreeSet<String>) {
    for (column, value) in row.cells() {
        let is_text = matches!(column.ty, Type::String | Type::Dynamic);
        if is_text && (columns.is_empty() || columns.contains(&column.name)) {
            match value {
                Value::String(value) | Value::Dynamic(value) => find_keys(value, ids),
                other => find_keys(&text(other), ids),
            }
        }
    }
}

/// Runs of capital letters and digits that begin like an access key id. JSON text needs no decoding
/// for that: none of these characters is ever escaped by a writer of JSON in use.
fn find_keys(value: &str, ids: &mut BTreeSet<String>) {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    for word in value.split(|c| !is_word(c)) {
        let fits = (ACCESS_KEY_ID_CHARS_MIN..=ACCESS_KEY_ID_CHARS_MAX).contains(&word.len());
        let begins = ["AKIA", "ASIA", "ABIA"]
            .iter()
            .any(|prefix| word.starts_with(prefix));
        let plain = word
            .bytes()
            .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
        if fits && begins && plain {
            ids.insert(word.to_string());
        }
    }
}

#[cfg(test)]
mod tests {
    use keyline_kql::schema::Column;

    use super::*;

    fn row<'a>(columns: &'a [Column], cells: &'a [Value]) -> ResultRow<'a> {
        ResultRow { columns, cells }
    }

    #[test]
    fn ids_are_found_in_cells() {
        let columns = [
            Column::new("AwsEventId1", Type::String),
            Column::new("set_AwsEventId", Type::Dynamic),
            Column::new("Key", Type::String),
            Column::new("Text", Type::String),
        ];
        let cells = [
            Value::String("event-1".to_string()),
            Value::Dynamic(r#"["event-2","event-1"]"#.to_string()),
            Value::String("ASIAEXAMPLEEXAMPLE01".to_string()),
            Value::String(
                r#"{"id":"AKIAEXAMPLEEXAMPLE02","x":"AKIAshort","ASIA":"xASIAEXAMPLEEXAMPLE03"}"#
                    .to_string(),
            ),
        ];
        let mut ids = BTreeSet::new();
        event_ids(&row(&columns, &cells), &mut ids);
        assert_eq!(ids.into_iter().collect::<Vec<_>>(), ["event-1", "event-2"]);

        let mut keys = BTreeSet::new();
        access_key_ids(&row(&columns, &cells), &[], &mut keys);
        let found: Vec<String> = keys.into_iter().collect();
        assert_eq!(found, ["AKIAEXAMPLEEXAMPLE02", "ASIAEXAMPLEEXAMPLE01"]);

        let mut keys = BTreeSet::new();
        access_key_ids(&row(&columns, &cells), &["Key".to_string()], &mut keys);
        assert_eq!(
            keys.into_iter().collect::<Vec<_>>(),
            ["ASIAEXAMPLEEXAMPLE01"]
        );
    }
}
