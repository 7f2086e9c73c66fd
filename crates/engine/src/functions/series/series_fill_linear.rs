//! `series_fill_linear`: gaps filled along a line.

use serde_json::Value;

use super::fill;
use crate::functions::json;
use crate::functions::prelude::*;
use crate::functions::rows::JsonOut;

pub const FUNCTION: Function = Function {
    name: "series_fill_linear",
    family: Family::Series,
    signature: "series_fill_linear(series: dynamic[, placeholder[, fill_edges: bool[, value]]]): dynamic",
    doc: "The series with every gap (null, or the placeholder) filled on the line between its neighbours; gaps at the edges with the nearest value unless `fill_edges` is false; a series of gaps alone with a value, 0 unless given.",
    examples: &[(
        "series_fill_linear(dynamic([1.0, null, 3.0, null]))",
        "[1.0,2.0,3.0,3.0]",
    )],
    lower: Lower::Convert(&[Type::Dynamic, Type::Dynamic, Type::Bool, Type::Dynamic]),
    kernels: &[Kernel::new(
        "kql_series_fill_linear",
        Type::Dynamic,
        |rows| {
            let series = rows.json(0)?;
            let (placeholder, filler) = (fill::optional(rows, 1)?, fill::optional(rows, 3)?);
            let edges = if rows.count() > 2 {
                Some(rows.bool(2)?)
            } else {
                None
            };
            let mut out = JsonOut::new(rows.len);
            for row in 0..rows.len {
                let edges = edges
                    .as_ref()
                    .and_then(|edges| edges.get(row))
                    .unwrap_or(true);
                let gap = fill::value(&placeholder, row, Value::Null);
                let filler = fill::value(&filler, row, Value::from(0));
                let items = series.get(row).and_then(json::parse_array);
                out.push(
                    items.map(|items| json::print_array(&filled(&items, &gap, edges, &filler))),
                );
            }
            Ok(out.finish())
        },
    )],
};

fn filled(items: &[Value], gap: &Value, edges: bool, filler: &Value) -> Vec<Value> {
    let known: Vec<usize> = (0..items.len())
        .filter(|at| !json::same(&items[*at], gap))
        .collect();
    if known.is_empty() {
        return vec![filler.clone(); items.len()];
    }
    (0..items.len())
        .map(|at| {
            let behind = known.partition_point(|known| *known < at);
            let next = known.get(behind).copied();
            let before = behind.checked_sub(1).map(|before| known[before]);
            match (before, next) {
                (_, Some(next)) if next == at => items[at].clone(),
                (Some(before), Some(next)) => between(items, before, next, at),
                (Some(edge), None) | (None, Some(edge)) if edges => items[edge].clone(),
                _ => items[at].clone(),
            }
        })
        .collect()
}

/// Integers stay integers.
fn between(items: &[Value], before: usize, next: usize, at: usize) -> Value {
    let (Some(left), Some(right)) = (items[before].as_f64(), items[next].as_f64()) else {
        return items[at].clone();
    };
    let value = left + (right - left) * (at - before) as f64 / (next - before) as f64;
    if items[before].is_i64() && items[next].is_i64() {
        return Value::from(value as i64);
    }
    json::real(value)
}
