//! What was raised against what was expected.
//!
//! In: the alerts of a hunt and a case's expectation. Out: the differences, in words that show both
//! sides. An expected value may be part of the truth: a list need only be contained, and a text may
//! have `*` at its ends.

use serde_json::Value as Json;

use super::read::{Expected, ExpectedAlert};
use crate::alert::Alert;

/// One thing that is not as expected.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Difference {
    /// What it is about: `alerts`, or the title of the nearest alert.
    pub about: String,
    pub expected: String,
    pub found: String,
}

pub fn judge(expected: &Expected, alerts: &[Alert]) -> Vec<Difference> {
    let wanted = match expected {
        Expected::Count(count) if *count == alerts.len() => return Vec::new(),
        Expected::Count(count) => {
            return vec![Difference {
                about: "alerts".to_string(),
                expected: count.to_string(),
                found: listed(alerts.iter()),
            }];
        }
        Expected::Alerts(wanted) => wanted,
    };
    let mut left: Vec<&Alert> = alerts.iter().collect();
    let mut unmet: Vec<&ExpectedAlert> = Vec::new();
    for one in wanted {
        match left
            .iter()
            .position(|alert| mismatches(one, alert).is_empty())
        {
            Some(at) => {
                left.remove(at);
            }
            None => unmet.push(one),
        }
    }
    let mut differences = Vec::new();
    for one in unmet {
        let nearest = (0..left.len()).min_by_key(|at| mismatches(one, left[*at]).len());
        match nearest {
            Some(at) => {
                let alert = left.remove(at);
                differences.extend(mismatches(one, alert));
            }
            None => differences.push(Difference {
                about: "alerts".to_string(),
                expected: described(one),
                found: "no alert".to_string(),
            }),
        }
    }
    if !left.is_empty() {
        differences.push(Difference {
            about: "alerts".to_string(),
            expected: "no more".to_string(),
            found: listed(left.into_iter()),
        });
    }
    differences
}

fn mismatches(expected: &ExpectedAlert, alert: &Alert) -> Vec<Difference> {
    let mut differences = Vec::new();
    for (name, value) in &expected.values {
        let found = property(alert, name);
        if !found.as_ref().is_some_and(|found| fits(value, found)) {
            differences.push(Difference {
                about: format!("`{name}` of {}", alert.title),
                expected: shown(value),
                found: found.map_or("no such column".to_string(), |found| shown(&found)),
            });
        }
    }
    differences
}

/// A property of the alert, else a cell of its row, else a custom detail.
fn property(alert: &Alert, name: &str) -> Option<Json> {
    Some(match name {
        "severity" => alert.severity.name().into(),
        "title" => alert.title.as_str().into(),
        "description" => alert.description.as_str().into(),
        "keys" => alert.access_key_ids.clone().into(),
        "events" => alert.event_count.into(),
        "tactics" => alert.tactics.clone().into(),
        column => (alert.row.get(column))
            .or_else(|| alert.custom.get(column))?
            .clone(),
    })
}

fn fits(expected: &Json, found: &Json) -> bool {
    match (expected, found) {
        (Json::Array(wanted), Json::Array(found)) => wanted
            .iter()
            .all(|one| found.iter().any(|found| fits(one, found))),
        (Json::Object(wanted), Json::Object(found)) => wanted
            .iter()
            .all(|(key, one)| found.get(key).is_some_and(|found| fits(one, found))),
        (Json::String(pattern), found) => fits_text(pattern, &shown(found)),
        (expected, found) => shown(expected) == shown(found),
    }
}

fn fits_text(pattern: &str, text: &str) -> bool {
    let (open_start, rest) = match pattern.strip_prefix('*') {
        Some(rest) => (true, rest),
        None => (false, pattern),
    };
    match (open_start, rest.strip_suffix('*')) {
        (true, Some(middle)) => text.contains(middle),
        (true, None) => text.ends_with(rest),
        (false, Some(start)) => text.starts_with(start),
        (false, None) => text == rest,
    }
}

fn shown(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn described(alert: &ExpectedAlert) -> String {
    let values = alert.values.iter();
    let values: Vec<String> = values.map(|(k, v)| format!("{k}: {}", shown(v))).collect();
    match values.is_empty() {
        true => "an alert".to_string(),
        false => values.join(", "),
    }
}

fn listed<'a>(alerts: impl Iterator<Item = &'a Alert>) -> String {
    let titles: Vec<String> = alerts
        .map(|alert| format!("{} {}", alert.severity, alert.title))
        .collect();
    match titles.is_empty() {
        true => "none".to_string(),
        false => format!("{}: {}", titles.len(), titles.join("; ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_fit_in_part() {
        for (expected, found, fit) in [
            (json!("AKIA*"), json!("AKIAEXAMPLE"), true),
            (json!("*used from*"), json!("key used from here"), true),
            (json!("*here"), json!("key used from here"), true),
            (json!("key"), json!("key used"), false),
            (json!(3), json!("3"), true),
            (json!(true), json!(true), true),
            (json!(["b"]), json!(["a", "b"]), true),
            (json!(["c"]), json!(["a", "b"]), false),
            (json!([]), json!(["a"]), true),
            (json!({"a": 1}), json!({"a": 1, "b": 2}), true),
        ] {
            assert_eq!(fits(&expected, &found), fit, "{expected} {found}");
        }
    }
}
