//! Rows for people and programs: Arrow batches become KQL values, and these canonical text and JSON.

use arrow_array::cast::AsArray;
use arrow_array::types::{Decimal128Type, Float64Type, Int32Type, Int64Type};
use arrow_array::{Array, ArrayRef, RecordBatch};
use keyline_kql::schema::Column;
use keyline_kql::types::{Type, Value};
use serde_json::json;

use crate::error::{Error, ErrorKind, Result};
use crate::lower::literal::DECIMAL;

/// The result of a query, whole.
#[derive(Clone, Debug)]
pub struct Table {
    pub columns: Vec<Column>,
    pub rows: Vec<Vec<Value>>,
}

pub fn batches_to_rows(batches: &[RecordBatch], columns: &[Column]) -> Result<Vec<Vec<Value>>> {
    let mut rows = Vec::with_capacity(batches.iter().map(RecordBatch::num_rows).sum());
    for batch in batches {
        append_rows(batch, columns, &mut rows)?;
    }
    Ok(rows)
}

pub fn append_rows(
    batch: &RecordBatch,
    columns: &[Column],
    rows: &mut Vec<Vec<Value>>,
) -> Result<()> {
    let arrays = arrays(batch, columns)?;
    for row in 0..batch.num_rows() {
        rows.push(
            arrays
                .iter()
                .zip(columns)
                .map(|(a, c)| cell(a, row, c.ty))
                .collect(),
        );
    }
    Ok(())
}

/// The columns of a batch, each as the array that its type has.
pub fn arrays(batch: &RecordBatch, columns: &[Column]) -> Result<Vec<ArrayRef>> {
    columns
        .iter()
        .enumerate()
        .map(|(place, c)| {
            let array = batch.columns().get(place).ok_or_else(|| {
                Error::new(
                    ErrorKind::Execution,
                    format!("the result lacks the column `{}`", c.name),
                )
            })?;
            let wanted = crate::lower::literal::data_type(c.ty);
            Ok(if *array.data_type() == wanted {
                std::sync::Arc::clone(array)
            } else {
                arrow::compute::cast(array, &wanted)?
            })
        })
        .collect()
}

/// One cell of such an array.
pub fn cell(array: &ArrayRef, row: usize, ty: Type) -> Value {
    if array.is_null(row) {
        return if ty == Type::String {
            Value::String(String::new())
        } else {
            Value::Null(ty)
        };
    }
    let long = || array.as_primitive::<Int64Type>().value(row);
    let text = || array.as_string_view().value(row).to_string();
    match ty {
        Type::Bool => Value::Bool(array.as_boolean().value(row)),
        Type::Int => Value::Int(array.as_primitive::<Int32Type>().value(row)),
        Type::Long => Value::Long(long()),
        Type::Real => Value::Real(array.as_primitive::<Float64Type>().value(row)),
        Type::Decimal => Value::Decimal(decimal_text(
            array.as_primitive::<Decimal128Type>().value(row),
        )),
        Type::String => Value::String(text()),
        Type::DateTime => Value::DateTime(long()),
        Type::TimeSpan => Value::TimeSpan(long()),
        Type::Guid => Value::Guid(text()),
        Type::Dynamic => Value::Dynamic(text()),
    }
}

/// The canonical text of a value; a null is `None`.
pub fn text(value: &Value) -> Option<String> {
    Some(match value {
        Value::Null(_) => return None,
        Value::Bool(v) => v.to_string(),
        Value::Int(v) => v.to_string(),
        Value::Long(v) => v.to_string(),
        Value::Real(v) => real_text(*v),
        Value::Decimal(v) | Value::String(v) | Value::Guid(v) | Value::Dynamic(v) => v.clone(),
        Value::DateTime(ticks) => datetime_text(*ticks),
        Value::TimeSpan(ticks) => timespan_text(*ticks),
    })
}

/// The value as it stands in JSON output.
pub fn json(value: &Value) -> serde_json::Value {
    match value {
        Value::Null(_) => serde_json::Value::Null,
        Value::Bool(v) => json!(v),
        Value::Int(v) => json!(v),
        Value::Long(v) => json!(v),
        Value::Real(v) if v.is_finite() => json!(v),
        Value::Dynamic(v) => serde_json::from_str(v).unwrap_or_else(|_| json!(v)),
        Value::Decimal(v) => serde_json::from_str(v).unwrap_or_else(|_| json!(v)),
        other => json!(text(other)),
    }
}

pub fn real_text(value: f64) -> String {
    if value.is_nan() {
        "NaN".into()
    } else if value.is_infinite() {
        if value > 0.0 {
            "Infinity".into()
        } else {
            "-Infinity".into()
        }
    } else {
        let text = format!("{value}");
        if text.contains('.') || text.len() > 20 {
            text
        } else {
            format!("{text}.0")
        }
    }
}

const TICKS_PER_SECOND: i64 = 10_000_000;
const SECONDS_PER_DAY: i64 = 86_400;

/// `2024-01-01T00:00:00Z`, with as many digits of a fraction as there are.
pub fn datetime_text(ticks: i64) -> String {
    let mut text = String::with_capacity(28);
    push_datetime(&mut text, ticks);
    text
}

/// The same, at the end of a text.
pub fn push_datetime(text: &mut String, ticks: i64) {
    let seconds = ticks.div_euclid(TICKS_PER_SECOND);
    let fraction = ticks.rem_euclid(TICKS_PER_SECOND);
    let (year, month, day) = civil(seconds.div_euclid(SECONDS_PER_DAY));
    let second = seconds.rem_euclid(SECONDS_PER_DAY);
    match year {
        0..=9999 => {
            push_two(text, year / 100);
            push_two(text, year % 100);
        }
        _ => text.push_str(&format!("{year:04}")),
    }
    for (mark, number) in [
        ('-', month),
        ('-', day),
        ('T', second / 3600),
        (':', second / 60 % 60),
        (':', second % 60),
    ] {
        text.push(mark);
        push_two(text, number);
    }
    text.push_str(&fraction_text(fraction));
    text.push('Z');
}

fn push_two(text: &mut String, number: i64) {
    for digit in [number / 10, number % 10] {
        text.push(char::from(b'0' + digit as u8));
    }
}

/// `[-][d.]hh:mm:ss[.fffffff]`.
pub fn timespan_text(ticks: i64) -> String {
    let sign = if ticks < 0 { "-" } else { "" };
    let ticks = ticks.unsigned_abs();
    let per_second = TICKS_PER_SECOND.unsigned_abs();
    let (seconds, fraction) = (ticks / per_second, ticks % per_second);
    let days = seconds / SECONDS_PER_DAY.unsigned_abs();
    let days = if days > 0 {
        format!("{days}.")
    } else {
        String::new()
    };
    let clock = format!(
        "{:02}:{:02}:{:02}",
        seconds / 3600 % 24,
        seconds / 60 % 60,
        seconds % 60
    );
    // At most seven digits, so it fits.
    let fraction = match fraction {
        0 => String::new(),
        fraction => format!(".{fraction:07}"),
    };
    format!("{sign}{days}{clock}{fraction}")
}

fn fraction_text(fraction: i64) -> String {
    if fraction == 0 {
        return String::new();
    }
    let digits = format!("{fraction:07}");
    format!(".{}", digits.trim_end_matches('0'))
}

/// Days since 1970 to year, month, day.
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

fn decimal_text(value: i128) -> String {
    let scale = u32::from(DECIMAL.1.unsigned_abs());
    let unit = 10_u128.pow(scale);
    let (whole, fraction) = (value.unsigned_abs() / unit, value.unsigned_abs() % unit);
    let sign = if value < 0 { "-" } else { "" };
    if fraction == 0 {
        return format!("{sign}{whole}");
    }
    let digits = format!("{fraction:0width$}", width = scale as usize);
    format!("{sign}{whole}.{}", digits.trim_end_matches('0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_have_their_canonical_text() {
        let check = |value: Value, expected: &str| assert_eq!(text(&value).unwrap(), expected);
        check(Value::DateTime(0), "1970-01-01T00:00:00Z");
        check(
            Value::DateTime(17_040_672_005_000_000),
            "2024-01-01T00:00:00.5Z",
        );
        check(Value::DateTime(-1), "1969-12-31T23:59:59.9999999Z");
        check(Value::TimeSpan(36_000_000_000), "01:00:00");
        check(Value::TimeSpan(-864_000_000_001), "-1.00:00:00.0000001");
        check(Value::Real(1.0), "1.0");
        check(Value::Real(f64::NAN), "NaN");
        check(Value::Decimal(decimal_text(-15_000_000_000)), "-1.5");
        assert_eq!(json(&Value::Real(f64::INFINITY)), json!("Infinity"));
        assert_eq!(json(&Value::Dynamic(r#"{"a":1}"#.into())), json!({"a": 1}));
    }
}
