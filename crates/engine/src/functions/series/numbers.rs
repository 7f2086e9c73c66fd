//! Arrays of numbers: reading, writing, and loops over one or two of them.

use arrow::array::ArrayRef;
use datafusion::common::Result;
use serde_json::Value;

use crate::functions::json;
use crate::functions::rows::{JsonOut, Rows};

/// All elements; none if one is no number.
pub fn all(series: &str) -> Option<Vec<f64>> {
    json::parse_array(series)?
        .iter()
        .map(json::number_of)
        .collect()
}

/// The elements that are numbers, nulls passed over; none if one is something else.
pub fn known(series: &str) -> Option<Vec<f64>> {
    let items = json::parse_array(series)?;
    items
        .iter()
        .filter(|item| !item.is_null())
        .map(json::number_of)
        .collect()
}

pub fn print(numbers: impl Iterator<Item = f64>) -> String {
    json::print_array(&numbers.map(json::real).collect::<Vec<_>>())
}

pub fn map(rows: &Rows<'_>, f: impl Fn(f64) -> f64) -> Result<ArrayRef> {
    map_values(rows, |value| {
        json::number_of(value).map(|number| json::real(f(number)))
    })
}

/// Null where `f` has no answer.
pub fn map_values(rows: &Rows<'_>, f: impl Fn(&Value) -> Option<Value>) -> Result<ArrayRef> {
    let series = rows.json(0)?;
    let mut out = JsonOut::new(rows.len);
    for row in 0..rows.len {
        out.push(series.get(row).and_then(json::parse_array).map(|items| {
            let mapped: Vec<Value> = items
                .iter()
                .map(|item| f(item).unwrap_or(Value::Null))
                .collect();
            json::print_array(&mapped)
        }));
    }
    Ok(out.finish())
}

pub fn zip(rows: &Rows<'_>, f: impl Fn(&Value, &Value) -> Option<Value>) -> Result<ArrayRef> {
    let (left, right) = (rows.json(0)?, rows.json(1)?);
    let mut out = JsonOut::new(rows.len);
    for row in 0..rows.len {
        let pairs = left
            .get(row)
            .zip(right.get(row))
            .and_then(|(left, right)| pairs(left, right));
        out.push(pairs.map(|pairs| {
            let items: Vec<Value> = pairs
                .iter()
                .map(|(a, b)| f(a, b).unwrap_or(Value::Null))
                .collect();
            json::print_array(&items)
        }));
    }
    Ok(out.finish())
}

/// The elements at the same places; a number stands for a series of it, a missing element is null.
pub fn pairs(left: &str, right: &str) -> Option<Vec<(Value, Value)>> {
    let (left, right) = (json::parse(left)?, json::parse(right)?);
    let length = |value: &Value| value.as_array().map(Vec::len);
    let count = match (length(&left), length(&right)) {
        (Some(left), Some(right)) => left.max(right),
        (Some(count), None) | (None, Some(count)) => count,
        (None, None) => return None,
    };
    let at = |value: &Value, index: usize| match value {
        Value::Array(items) => items.get(index).cloned().unwrap_or(Value::Null),
        other => other.clone(),
    };
    Some(
        (0..count)
            .map(|index| (at(&left, index), at(&right, index)))
            .collect(),
    )
}

/// Integers stay integers where the result is one.
pub fn integer(
    left: &Value,
    right: &Value,
    whole: impl Fn(i64, i64) -> Option<i64>,
    broken: impl Fn(f64, f64) -> f64,
) -> Option<Value> {
    if let (Some(left), Some(right)) = (left.as_i64(), right.as_i64())
        && let Some(result) = whole(left, right)
    {
        return Some(Value::from(result));
    }
    real(left, right, broken)
}

pub fn real(left: &Value, right: &Value, f: impl Fn(f64, f64) -> f64) -> Option<Value> {
    Some(json::real(f(
        json::number_of(left)?,
        json::number_of(right)?,
    )))
}
