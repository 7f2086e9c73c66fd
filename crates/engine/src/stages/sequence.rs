//! `sequence_detect`: events that follow each other soon enough.
//!
//! Within each combination of dimensions, every event of the first step begins a sequence; each next
//! step is the first event of it that is not before the step before.

use std::collections::BTreeMap;

use keyline_kql::types::{Type, Value};

use super::Row;
use super::axis::{distance, place, value};
use crate::rows;

/// The dimensions of a slice, and the places of its events for each step.
type Slice = (Row, Vec<Vec<i64>>);

/// Rows (place, a bool for each step …, dimensions …) in; (dimensions …, the place of each step …,
/// duration) out.
pub(crate) fn detect(
    rows: Vec<Row>,
    steps: usize,
    step_max: i64,
    span_max: i64,
    axis: Type,
) -> Vec<Row> {
    // The events of each step, by place.
    let mut slices: BTreeMap<Vec<Option<String>>, Slice> = BTreeMap::new();
    for mut row in rows {
        let dimensions = row.split_off(1 + steps);
        let Some(at) = place(&row[0]) else { continue };
        let key = dimensions.iter().map(rows::text).collect();
        let slice = slices
            .entry(key)
            .or_insert_with(|| (dimensions, vec![Vec::new(); steps]));
        for (step, fits) in row[1..].iter().enumerate() {
            if *fits == Value::Bool(true) {
                slice.1[step].push(at);
            }
        }
    }
    let mut found = Vec::new();
    for (dimensions, mut events) in slices.into_values() {
        events.iter_mut().for_each(|events| events.sort_unstable());
        let Some((firsts, rest)) = events.split_first() else {
            continue;
        };
        for first in firsts {
            let mut places = vec![*first];
            for events in rest {
                let last = places[places.len() - 1];
                let next = events.partition_point(|at| *at < last);
                match events.get(next) {
                    Some(at)
                        if at.saturating_sub(last) <= step_max
                            && at.saturating_sub(*first) <= span_max =>
                    {
                        places.push(*at);
                    }
                    _ => break,
                }
            }
            if places.len() == steps {
                let duration = places[steps - 1].saturating_sub(*first);
                let mut row = dimensions.clone();
                row.extend(places.into_iter().map(|at| value(axis, at)));
                row.push(value(distance(axis), duration));
                found.push(row);
            }
        }
    }
    found
}
