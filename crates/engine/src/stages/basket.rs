//! `basket`: the combinations of values that are frequent, by the Apriori rule: a combination can
//! only be frequent if each part of it is.

use std::collections::HashMap;

use keyline_kql::types::{Type, Value};

use super::Row;
use crate::error::{Error, ErrorKind, Result};
use crate::limits::{BASKET_COLUMNS_MAX, BASKET_SEGMENTS_MAX};
use crate::rows;

/// A column and the number of a value in it.
type Item = (usize, u32);

/// Rows in; (number, count, percent, the values or nulls …) out, the most frequent first.
pub(crate) fn basket(rows: &[Row], threshold: f64) -> Result<Vec<Row>> {
    let (numbers, values) = numbered(rows);
    let least = (threshold * rows.len() as f64).max(1.0);
    let mut found: Vec<(Vec<Item>, usize)> = Vec::new();
    let mut last: Vec<Vec<Item>> = vec![Vec::new()];
    for _ in 0..BASKET_COLUMNS_MAX {
        let counts = counted(&numbers, &last);
        let mut frequent: Vec<(Vec<Item>, usize)> = counts
            .into_iter()
            .filter(|(_, count)| *count as f64 >= least)
            .collect();
        if frequent.is_empty() {
            break;
        }
        frequent.sort();
        last = frequent.iter().map(|(items, _)| items.clone()).collect();
        found.append(&mut frequent);
        if found.len() > BASKET_SEGMENTS_MAX {
            let message = format!("`basket` finds more than {BASKET_SEGMENTS_MAX} combinations");
            return Err(Error::new(ErrorKind::Limit, message));
        }
    }
    found.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let segments = found
        .into_iter()
        .enumerate()
        .map(|(number, (items, count))| {
            let mut row = vec![
                Value::Long(i64::try_from(number).unwrap_or(i64::MAX)),
                Value::Long(i64::try_from(count).unwrap_or(i64::MAX)),
                Value::Real(100.0 * count as f64 / rows.len() as f64),
            ];
            for (column, values) in values.iter().enumerate() {
                let item = items.iter().find(|(found, _)| *found == column);
                row.push(match item {
                    Some((_, value)) => values.all[*value as usize].clone(),
                    None => values.absent.clone().unwrap_or(Value::Null(Type::Dynamic)),
                });
            }
            row
        });
    Ok(segments.collect())
}

/// The values of one column.
#[derive(Default)]
struct Values {
    all: Vec<Value>,
    /// What stands where the column is not part of a combination.
    absent: Option<Value>,
    numbers: HashMap<Option<String>, u32>,
}

fn numbered(rows: &[Row]) -> (Vec<Vec<u32>>, Vec<Values>) {
    let width = rows.first().map_or(0, Vec::len);
    let mut values: Vec<Values> = (0..width).map(|_| Values::default()).collect();
    let numbers = rows
        .iter()
        .map(|row| {
            let cells = row.iter().zip(&mut values);
            cells
                .map(|(value, known)| {
                    let next = u32::try_from(known.all.len()).unwrap_or(u32::MAX);
                    let number = *known.numbers.entry(rows::text(value)).or_insert(next);
                    if number == next {
                        known.all.push(value.clone());
                        known.absent = Some(match value {
                            Value::String(_) => Value::String(String::new()),
                            value => Value::Null(value.ty()),
                        });
                    }
                    number
                })
                .collect()
        })
        .collect();
    (numbers, values)
}

/// How often each frequent combination occurs with one more item of a later column.
fn counted(rows: &[Vec<u32>], last: &[Vec<Item>]) -> HashMap<Vec<Item>, usize> {
    let mut counts: HashMap<Vec<Item>, usize> = HashMap::new();
    for row in rows {
        for items in last {
            if items.iter().any(|(column, value)| row[*column] != *value) {
                continue;
            }
            let next = items.last().map_or(0, |(column, _)| column + 1);
            for (column, value) in row.iter().enumerate().skip(next) {
                let mut longer = items.clone();
                longer.push((column, *value));
                *counts.entry(longer).or_default() += 1;
            }
        }
    }
    counts
}
