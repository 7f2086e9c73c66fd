//! `funnel_sequence_completion`: how many ids came how far through a sequence of states, and how fast.

use std::collections::{BTreeMap, BTreeSet};

use keyline_kql::types::{Type, Value};

use super::Row;
use super::activity::Window;
use super::axis::{distance, place, value};
use crate::rows;

/// Rows (id, place, state) in; (bin, state, period, ids) out. An id counts for a state in the bin in
/// which it began the sequence, if it came from there to the state within the period.
pub(crate) fn completion(
    rows: Vec<Row>,
    window: Window,
    states: &[String],
    periods: &[i64],
    axis: Type,
) -> Vec<Row> {
    let mut events: BTreeMap<String, Vec<(i64, String)>> = BTreeMap::new();
    for row in &rows {
        let (Some(id), Some(at), Some(state)) =
            (rows::text(&row[0]), place(&row[1]), rows::text(&row[2]))
        else {
            continue;
        };
        if (window.start..=window.end).contains(&at) {
            events.entry(id).or_default().push((at, state));
        }
    }
    // Bin, place of the period, place of the state.
    let mut reached: BTreeMap<(i64, usize, usize), BTreeSet<&String>> = BTreeMap::new();
    for (id, events) in &mut events {
        events.sort();
        for (first, (start, state)) in events.iter().enumerate() {
            if states.first() != Some(state) {
                continue;
            }
            let bin = window.step.bin(*start, window.start);
            for (p, period) in periods.iter().enumerate() {
                let mut wanted = 0;
                for (at, state) in &events[first..] {
                    if at.saturating_sub(*start) > *period {
                        break;
                    }
                    if states.get(wanted) == Some(state) {
                        reached.entry((bin, p, wanted)).or_default().insert(id);
                        wanted += 1;
                    }
                }
            }
        }
    }
    reached
        .into_iter()
        .map(|((bin, period, state), ids)| {
            vec![
                value(axis, bin),
                Value::String(states[state].clone()),
                value(distance(axis), periods[period]),
                Value::Long(i64::try_from(ids.len()).unwrap_or(i64::MAX)),
            ]
        })
        .collect()
}
