//! The rows of one evaluation as values, free of the engine's own form, and their JSON.

use jiff::Timestamp;
use keyline_kql::schema::Column;
use keyline_kql::types::{Type, Value};
use serde_json::Value as Json;

/// The result of one evaluation: columns in the query's order, rows in the engine's.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rows {
    pub columns: Vec<Column>,
    pub rows: Vec<Vec<Value>>,
}

/// One row with its columns.
#[derive(Clone, Copy, Debug)]
pub struct ResultRow<'a> {
    pub columns: &'a [Column],
    pub cells: &'a [Value],
}

impl Rows {
    pub fn iter(&self) -> impl Iterator<Item = ResultRow<'_>> {
        self.rows.iter().map(|cells| ResultRow {
            columns: &self.columns,
            cells,
        })
    }
}

impl<'a> ResultRow<'a> {
    pub fn cell(&self, column: &str) -> Option<&'a Value> {
        self.columns
            .iter()
            .position(|c| c.name == column)
            .and_then(|at| self.cells.get(at))
    }

    /// The cell as `tostring` gives it; `None` when there is no such column.
    pub fn text(&self, column: &str) -> Option<String> {
        self.cell(column).map(text)
    }

    /// All cells with their columns.
    pub fn cells(&self) -> impl Iterator<Item = (&'a Column, &'a Value)> + use<'a> {
        self.columns.iter().zip(self.cells)
    }

    pub fn to_json(&self) -> serde_json::Map<String, Json> {
        self.cells()
            .map(|(column, value)| (column.name.clone(), json(value)))
            .collect()
    }
}

/// A value as `tostring` gives it, datetimes aside, which are as in all our documents.
pub fn text(value: &Value) -> String {
    match json(value) {
        Json::Null => String::new(),
        Json::String(text) => text,
        other => other.to_string(),
    }
}

pub fn json(value: &Value) -> Json {
    match value {
        Value::Null(Type::String) => "".into(),
        Value::Null(_) => Json::Null,
        Value::Bool(value) => (*value).into(),
        Value::Int(value) => (*value).into(),
        Value::Long(value) => (*value).into(),
        Value::Real(value) => match serde_json::Number::from_f64(*value) {
            Some(number) => number.into(),
            None if value.is_nan() => "NaN".into(),
            None if *value > 0.0 => "Infinity".into(),
            None => "-Infinity".into(),
        },
        Value::Decimal(text) | Value::String(text) | Value::Guid(text) => text.as_str().into(),
        Value::DateTime(ticks) => time(*ticks).into(),
        Value::TimeSpan(ticks) => timespan(*ticks).into(),
        Value::Dynamic(text) => serde_json::from_str(text).unwrap_or_else(|_| text.as_str().into()),
    }
}

/// RFC 3339 in UTC; a fraction only where there is one. What lies outside the calendar is its
/// nearest end.
pub fn time(ticks: i64) -> String {
    let nanos = i128::from(ticks) * 100;
    let end = if ticks < 0 {
        Timestamp::MIN
    } else {
        Timestamp::MAX
    };
    Timestamp::from_nanosecond(nanos).unwrap_or(end).to_string()
}

/// KQL's canonical form: `[-][d.]hh:mm:ss[.fffffff]`.
fn timespan(ticks: i64) -> String {
    let sign = if ticks < 0 { "-" } else { "" };
    let all = ticks.unsigned_abs();
    let (seconds, fraction) = (all / 10_000_000, all % 10_000_000);
    let (days, hours) = (seconds / 86_400, seconds / 3_600 % 24);
    let (minutes, seconds) = (seconds / 60 % 60, seconds % 60);
    let days = if days > 0 {
        format!("{days}.")
    } else {
        String::new()
    };
    let fraction = if fraction > 0 {
        format!(".{fraction:07}")
    } else {
        String::new()
    };
    format!("{sign}{days}{hours:02}:{minutes:02}:{seconds:02}{fraction}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_become_json() {
        let cases = [
            (Value::DateTime(0), r#""1970-01-01T00:00:00Z""#),
            (Value::DateTime(1_5000000), r#""1970-01-01T00:00:01.5Z""#),
            (
                Value::DateTime(i64::MAX),
                r#""9999-12-30T22:00:00.999999999Z""#,
            ),
            (Value::TimeSpan(-36_000_000_001), r#""-01:00:00.0000001""#),
            (Value::TimeSpan(864_000_000_000), r#""1.00:00:00""#),
            (Value::Real(f64::NAN), r#""NaN""#),
            (Value::Real(2.5), "2.5"),
            (Value::Null(Type::Long), "null"),
            (Value::Dynamic(r#"{"a":[1]}"#.to_string()), r#"{"a":[1]}"#),
            (Value::String("x".to_string()), r#""x""#),
        ];
        for (value, expected) in cases {
            assert_eq!(json(&value).to_string(), expected, "{value:?}");
        }
        assert_eq!(text(&Value::Dynamic("\"x\"".to_string())), "x");
        assert_eq!(text(&Value::Null(Type::Dynamic)), "");
    }
}
