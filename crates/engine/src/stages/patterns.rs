//! Patterns in rows: `basket`, `autocluster`, `diffpatterns`.
//!
//! A pattern says of some columns which value they have, and nothing of the others. All three begin
//! with the patterns that are frequent, by the Apriori rule: a pattern can only be frequent if each
//! part of it is. `basket` shows them all; the other two choose a few. How Kusto chooses is not
//! published: `autocluster` here takes the pattern with the best product of coverage and number of
//! columns, leaves out what it covers and goes on; `diffpatterns` takes the greatest difference.

use std::collections::HashMap;

use keyline_kql::types::Value;

use super::Row;
use crate::error::{Error, ErrorKind, Result};
use crate::limits::{PATTERN_SEGMENTS_MAX, PATTERNS_SHOWN_MAX};
use crate::rows;

/// The part of the rows that a pattern of `autocluster` must cover.
const CLUSTER_LEAST: f64 = 0.05;

/// A column and the number of a value in it.
type Item = (usize, u32);

type Pattern = Vec<Item>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    A,
    B,
}

/// Rows as numbers of values.
pub(crate) struct Items {
    rows: Vec<Vec<u32>>,
    weights: Vec<f64>,
    /// The values of each column.
    values: Vec<Vec<Value>>,
    wildcards: Vec<Value>,
    /// A column of which no pattern says anything.
    left_out: Option<usize>,
}

impl Items {
    /// The first values of each row are its columns; then comes its weight.
    pub(crate) fn of(
        rows: &[Row],
        columns: usize,
        wildcards: Vec<Value>,
        left_out: Option<usize>,
    ) -> Items {
        let mut values: Vec<Vec<Value>> = vec![Vec::new(); columns];
        let mut known: Vec<HashMap<Option<String>, u32>> = vec![HashMap::new(); columns];
        let numbered = rows.iter().map(|row| {
            let cells = row[..columns].iter().enumerate();
            cells
                .map(|(at, value)| {
                    let next = u32::try_from(values[at].len()).unwrap_or(u32::MAX);
                    let number = *known[at].entry(rows::text(value)).or_insert(next);
                    if number == next {
                        values[at].push(value.clone());
                    }
                    number
                })
                .collect()
        });
        let rows_numbered = numbered.collect();
        let weight = |row: &Row| match row.get(columns) {
            Some(Value::Real(weight)) if *weight > 0.0 => *weight,
            _ => 0.0,
        };
        Items {
            rows: rows_numbered,
            weights: rows.iter().map(weight).collect(),
            values,
            wildcards,
            left_out,
        }
    }

    fn total(&self) -> f64 {
        self.weights.iter().sum()
    }

    fn has(&self, row: usize, pattern: &[Item]) -> bool {
        pattern
            .iter()
            .all(|(column, value)| self.rows[row][*column] == *value)
    }

    /// The values of a pattern, wildcards elsewhere.
    fn cells(&self, pattern: &[Item]) -> impl Iterator<Item = Value> {
        let cells = self.wildcards.iter().enumerate().map(|(column, wildcard)| {
            let set = pattern.iter().find(|(found, _)| *found == column);
            set.map_or(wildcard, |(_, value)| &self.values[column][*value as usize])
                .clone()
        });
        cells.collect::<Vec<_>>().into_iter()
    }

    /// The patterns of up to so many columns whose rows weigh enough on some side, with the weights
    /// on both; rows of neither side are passed over.
    fn frequent(
        &self,
        side: impl Fn(usize) -> Option<Side>,
        least: [f64; 2],
        columns: usize,
    ) -> Result<Vec<(Pattern, [f64; 2])>> {
        let mut found: Vec<(Pattern, [f64; 2])> = Vec::new();
        let mut last: Vec<Pattern> = vec![Vec::new()];
        for _ in 0..columns.min(self.wildcards.len()) {
            let mut counts: HashMap<Pattern, [f64; 2]> = HashMap::new();
            for (at, row) in self.rows.iter().enumerate() {
                let Some(side) = side(at) else {
                    continue;
                };
                for pattern in last.iter().filter(|pattern| self.has(at, pattern)) {
                    let next = pattern.last().map_or(0, |(column, _)| column + 1);
                    let told = |column: &usize| self.left_out != Some(*column);
                    let cells = row.iter().enumerate().skip(next);
                    for (column, value) in cells.filter(|(column, _)| told(column)) {
                        let longer = pattern.iter().copied().chain([(column, *value)]).collect();
                        counts.entry(longer).or_default()[side as usize] += self.weights[at];
                    }
                }
                if counts.len() > 10 * PATTERN_SEGMENTS_MAX {
                    return Err(too_many());
                }
            }
            let enough = |counts: &[f64; 2]| counts[0] >= least[0] || counts[1] >= least[1];
            counts.retain(|_, counts| enough(counts));
            if counts.is_empty() {
                break;
            }
            let mut frequent: Vec<_> = counts.into_iter().collect();
            frequent.sort_by(|a, b| a.0.cmp(&b.0));
            last = frequent
                .iter()
                .map(|(pattern, _)| pattern.clone())
                .collect();
            found.append(&mut frequent);
            if found.len() > PATTERN_SEGMENTS_MAX {
                return Err(too_many());
            }
        }
        Ok(found)
    }
}

fn too_many() -> Error {
    let message = format!(
        "more than {PATTERN_SEGMENTS_MAX} patterns are frequent: raise the threshold, or leave out columns"
    );
    Error::new(ErrorKind::Limit, message)
}

/// (number, count, percent, the values or wildcards …), the most frequent first.
pub(crate) fn basket(items: &Items, threshold: f64, columns: usize) -> Result<Vec<Row>> {
    let total = items.total();
    let least = (threshold * total).max(f64::MIN_POSITIVE);
    let mut found = items.frequent(|_| Some(Side::A), [least, f64::INFINITY], columns)?;
    found.sort_by(|a, b| b.1[0].total_cmp(&a.1[0]).then_with(|| a.0.cmp(&b.0)));
    let found = found
        .into_iter()
        .map(|(pattern, counts)| (pattern, counts[0]));
    Ok(segments(items, found, total))
}

/// The same columns, for a few patterns that tell of many rows and much of each.
pub(crate) fn autocluster(items: &Items, size_weight: f64) -> Result<Vec<Row>> {
    let total = items.total();
    let least = (CLUSTER_LEAST * total).max(f64::MIN_POSITIVE);
    let width = items.wildcards.len();
    let found = items.frequent(|_| Some(Side::A), [least, f64::INFINITY], width)?;
    let mut covered = vec![false; items.rows.len()];
    let mut chosen: Vec<(Pattern, f64)> = Vec::new();
    while chosen.len() < PATTERNS_SHOWN_MAX {
        let score = |pattern: &Pattern| {
            let rows = (0..items.rows.len()).filter(|at| !covered[*at] && items.has(*at, pattern));
            let weight: f64 = rows.map(|at| items.weights[at]).sum();
            if weight < least {
                return 0.0;
            }
            let told = pattern.len() as f64 / width as f64;
            (weight / total).powf(size_weight) * told.powf(1.0 - size_weight)
        };
        let best = found
            .iter()
            .map(|(pattern, counts)| (score(pattern), pattern, counts[0]))
            .max_by(|a, b| a.0.total_cmp(&b.0).then_with(|| b.1.cmp(a.1)));
        match best {
            Some((score, pattern, count)) if score > 0.0 => {
                for (at, covered) in covered.iter_mut().enumerate() {
                    *covered |= items.has(at, pattern);
                }
                chosen.push((pattern.clone(), count));
            }
            _ => break,
        }
    }
    chosen.sort_by(|a, b| b.1.total_cmp(&a.1));
    Ok(segments(items, chosen, total))
}

fn segments(
    items: &Items,
    found: impl IntoIterator<Item = (Pattern, f64)>,
    total: f64,
) -> Vec<Row> {
    let row = |(number, (pattern, count)): (usize, (Pattern, f64))| {
        let mut row = vec![
            long(number as f64),
            long(count),
            Value::Real(percent(count, total)),
        ];
        row.extend(items.cells(&pattern));
        row
    };
    found.into_iter().enumerate().map(row).collect()
}

/// (number, counts and percents on both sides, difference, the values or wildcards …), the greatest
/// difference first. Of patterns for the same rows the one that says the most is shown.
pub(crate) fn diffpatterns(
    items: &Items,
    sides: &[Option<Side>],
    threshold: f64,
    columns: usize,
) -> Result<Vec<Row>> {
    let mut totals = [0.0; 2];
    for (side, weight) in sides.iter().zip(&items.weights) {
        if let Some(side) = side {
            totals[*side as usize] += weight;
        }
    }
    let least = totals.map(|total| (threshold * total).max(f64::MIN_POSITIVE));
    let mut found = items.frequent(|at| sides[at], least, columns)?;
    let share = |counts: &[f64; 2]| {
        let [a, b] = [0, 1].map(|at| percent(counts[at], totals[at]));
        (a, b, (a - b).abs())
    };
    found.retain(|(_, counts)| share(counts).2 >= 100.0 * threshold);
    found.sort_by(|a, b| {
        let order = share(&b.1).2.total_cmp(&share(&a.1).2);
        order
            .then_with(|| b.0.len().cmp(&a.0.len()))
            .then_with(|| a.0.cmp(&b.0))
    });
    let mut shown: Vec<(Pattern, [f64; 2])> = Vec::new();
    for (pattern, counts) in found {
        let said = shown.iter().any(|(other, same)| {
            *same == counts && pattern.iter().all(|item| other.contains(item))
        });
        if !said && shown.len() < PATTERNS_SHOWN_MAX {
            shown.push((pattern, counts));
        }
    }
    let row = |(number, (pattern, counts)): (usize, (Pattern, [f64; 2]))| {
        let (a, b, difference) = share(&counts);
        let mut row = vec![long(number as f64), long(counts[0]), long(counts[1])];
        row.extend([a, b, difference].map(Value::Real));
        row.extend(items.cells(&pattern));
        row
    };
    Ok(shown.into_iter().enumerate().map(row).collect())
}

fn long(number: f64) -> Value {
    Value::Long(number.round() as i64)
}

fn percent(part: f64, total: f64) -> f64 {
    match total > 0.0 {
        true => 100.0 * part / total,
        false => 0.0,
    }
}
