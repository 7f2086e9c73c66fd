//! `rolling_percentile`: a percentile over the last bins, for every bin.

use std::collections::BTreeMap;

use keyline_kql::types::{Type, Value};

use super::Row;
use super::axis::{bin, place};
use crate::rows;

/// Rows (value, place, dimensions …) in; (bin, dimensions …, percentile) out.
pub(crate) fn percentile(
    rows: Vec<Row>,
    percentage: f64,
    step: i64,
    bins: usize,
    ty: Type,
    axis: Type,
) -> Vec<Row> {
    type Bins = BTreeMap<i64, Vec<f64>>;
    let mut slices: BTreeMap<Vec<Option<String>>, (Row, Bins)> = BTreeMap::new();
    for mut row in rows {
        let dimensions = row.split_off(2);
        let (Some(number), Some(at)) = (number(&row[0]), place(&row[1])) else {
            continue;
        };
        let key = dimensions.iter().map(rows::text).collect();
        let (_, slice) = slices
            .entry(key)
            .or_insert_with(|| (dimensions, Bins::new()));
        slice.entry(bin(at, 0, step)).or_default().push(number);
    }
    let mut found = Vec::new();
    for (dimensions, slice) in slices.into_values() {
        for at in slice.keys() {
            let width = i64::try_from(bins.saturating_sub(1)).unwrap_or(i64::MAX);
            let from = at.saturating_sub(step.saturating_mul(width));
            let mut window: Vec<f64> = slice
                .range(from..=*at)
                .flat_map(|(_, v)| v)
                .copied()
                .collect();
            window.sort_by(f64::total_cmp);
            let rank = (percentage / 100.0 * window.len() as f64 - 1e-9)
                .ceil()
                .max(1.0) as usize;
            let value = window[rank.min(window.len()) - 1];
            let mut row = vec![super::axis::value(axis, *at)];
            row.extend(dimensions.iter().cloned());
            row.push(typed(value, ty));
            found.push(row);
        }
    }
    found
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Real(number) => Some(*number).filter(|number| !number.is_nan()),
        Value::Decimal(text) => text.parse().ok(),
        value => place(value).map(|place| place as f64),
    }
}

fn typed(number: f64, ty: Type) -> Value {
    match ty {
        Type::Real => Value::Real(number),
        Type::Decimal => Value::Decimal(number.to_string()),
        Type::Int => Value::Int(number as i32),
        ty => super::axis::value(ty, number as i64),
    }
}
