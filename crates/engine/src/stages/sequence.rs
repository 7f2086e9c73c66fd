//! `sequence_detect`: events that follow each other soon enough.
//!
//! Within each combination of dimensions, every event of a step goes on with every event of the next
//! that is not before it and not too late: each way through is a sequence.

use std::collections::BTreeMap;

use keyline_kql::types::{Type, Value};

use super::Row;
use super::axis::{distance, place, value};
use crate::error::{Error, ErrorKind, Result};
use crate::limits::{SEQUENCE_STEPS_MAX, STAGE_ROWS_MAX};
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
) -> Result<Vec<Row>> {
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
    let mut steps_left = SEQUENCE_STEPS_MAX;
    for (dimensions, mut events) in slices.into_values() {
        events.iter_mut().for_each(|events| events.sort_unstable());
        let mut sequences = Sequences {
            events: &events,
            step_max,
            span_max,
            places: Vec::with_capacity(steps),
            found: Vec::new(),
            rows_left: STAGE_ROWS_MAX - found.len(),
            steps_left,
        };
        sequences.go_on()?;
        steps_left = sequences.steps_left;
        found.extend(sequences.found.into_iter().map(|places| {
            let duration = places[steps - 1].saturating_sub(places[0]);
            let mut row = dimensions.clone();
            row.extend(places.into_iter().map(|at| value(axis, at)));
            row.push(value(distance(axis), duration));
            row
        }));
    }
    Ok(found)
}

/// The sequences of one slice.
struct Sequences<'e> {
    /// The places of the events of each step.
    events: &'e [Vec<i64>],
    step_max: i64,
    span_max: i64,
    /// Those of the steps so far.
    places: Vec<i64>,
    found: Vec<Vec<i64>>,
    rows_left: usize,
    steps_left: usize,
}

impl Sequences<'_> {
    /// All that the steps so far can become.
    fn go_on(&mut self) -> Result<()> {
        let events: &[Vec<i64>] = self.events;
        let Some(events) = events.get(self.places.len()) else {
            if self.found.len() >= self.rows_left {
                return Err(Error::new(
                    ErrorKind::Limit,
                    format!("`sequence_detect` finds more than {STAGE_ROWS_MAX} sequences"),
                ));
            }
            self.found.push(self.places.clone());
            return Ok(());
        };
        let within = match (self.places.first(), self.places.last()) {
            (Some(first), Some(last)) => {
                let until = last.saturating_add(self.step_max);
                let until = until.min(first.saturating_add(self.span_max));
                let from = events.partition_point(|at| at < last);
                let after = events.partition_point(|at| *at <= until);
                &events[from..after.max(from)]
            }
            _ => &events[..],
        };
        self.steps_left = self.steps_left.checked_sub(within.len()).ok_or_else(|| {
            Error::new(
                ErrorKind::Limit,
                format!("`sequence_detect` follows more than {SEQUENCE_STEPS_MAX} steps"),
            )
        })?;
        for at in within {
            self.places.push(*at);
            self.go_on()?;
            self.places.pop();
        }
        Ok(())
    }
}
