//! `array_slice`: a part of an array.

use crate::functions::json;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "array_slice",
    family: Family::Arrays,
    signature: "array_slice(array: dynamic, start: long, end: long): dynamic",
    doc: "The elements from `start` to `end`, both included; negative places count from the end.",
    examples: &[
        ("array_slice(dynamic([1, 2, 3, 4, 5]), 2, -1)", "[3,4,5]"),
        ("array_slice(dynamic([1, 2, 3]), 5, 7)", "[]"),
    ],
    lower: Lower::Convert(&[Type::Dynamic, Type::Long, Type::Long]),
    kernels: &[Kernel::new("kql_array_slice", Type::Dynamic, |rows| {
        each!(rows, [json array, long start, long end] -> JsonOut, {
            let items = json::parse_array(array)?;
            let count = i64::try_from(items.len()).ok()?;
            let from_end = |place: i64| if place < 0 { place.saturating_add(count) } else { place };
            let start = usize::try_from(from_end(start).clamp(0, count)).ok()?;
            let end = usize::try_from(from_end(end).saturating_add(1).clamp(0, count)).ok()?;
            Some(json::print_array(items.get(start..end).unwrap_or_default()))
        })
    })],
};
