//! `array_split`: an array cut at places.

use serde_json::Value;

use crate::functions::json;
use crate::functions::operators::elements;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "array_split",
    family: Family::Arrays,
    signature: "array_split(array: dynamic, index): dynamic",
    doc: "An array of the parts of an array, cut before the given place or places; negative places count from the end.",
    examples: &[
        (
            "array_split(dynamic([1, 2, 3, 4, 5]), 2)",
            "[[1,2],[3,4,5]]",
        ),
        (
            "array_split(dynamic([1, 2, 3]), dynamic([1, 2]))",
            "[[1],[2],[3]]",
        ),
    ],
    lower: Lower::Convert(&[Type::Dynamic]),
    kernels: &[Kernel::new("kql_array_split", Type::Dynamic, |rows| {
        each!(rows, [json array, json places] -> JsonOut, {
            let items = json::parse_array(array)?;
            let count = i64::try_from(items.len()).ok()?;
            let mut parts = Vec::new();
            let mut from = 0;
            for place in elements(places) {
                let place = place.as_i64()?;
                let place = if place < 0 { place + count } else { place };
                let to = usize::try_from(place.clamp(0, count)).ok()?.max(from);
                parts.push(Value::Array(items[from..to].to_vec()));
                from = to;
            }
            parts.push(Value::Array(items[from..].to_vec()));
            Some(json::print_array(&parts))
        })
    })],
};
