//! `array_index_of`: where a value stands in an array.

use serde_json::Value;

use crate::functions::json;
use crate::functions::prelude::*;
use crate::functions::rows::LongOut;

pub const FUNCTION: Function = Function {
    name: "array_index_of",
    family: Family::Arrays,
    signature: "array_index_of(array: dynamic, value[, start: long[, length: long[, occurrence: long]]]): long",
    doc: "The place of a value in an array, from 0, or -1; searched are `length` elements from `start` (negative: from the end) for the given occurrence.",
    examples: &[
        ("array_index_of(dynamic(['a', 'b', 'a']), 'a', 1)", "2"),
        ("array_index_of(dynamic([1]), 2)", "-1"),
    ],
    lower: Lower::Convert(&[
        Type::Dynamic,
        Type::Dynamic,
        Type::Long,
        Type::Long,
        Type::Long,
    ]),
    kernels: &[Kernel::new("kql_array_index_of", Type::Long, |rows| {
        let (array, value) = (rows.json(0)?, rows.json(1)?);
        let numbers = (2..rows.count())
            .map(|index| rows.long(index))
            .collect::<Result<Vec<_>>>()?;
        let mut out = LongOut::new(rows.len);
        for row in 0..rows.len {
            let number = |index: usize, default| match numbers.get(index) {
                Some(column) => column.get(row).unwrap_or(default),
                None => default,
            };
            let items = array.get(row).and_then(json::parse_array);
            let value = value.get(row).and_then(json::parse).unwrap_or(Value::Null);
            let (start, length, occurrence) = (number(0, 0), number(1, -1), number(2, 1));
            out.push(items.and_then(|items| find(&items, &value, start, length, occurrence)));
        }
        Ok(out.finish())
    })],
};

fn find(items: &[Value], value: &Value, start: i64, length: i64, occurrence: i64) -> Option<i64> {
    if length < -1 || occurrence < 1 {
        return None;
    }
    let count = i64::try_from(items.len()).ok()?;
    let start = if start < 0 {
        (count + start).max(0)
    } else {
        start.min(count)
    };
    let end = if length < 0 {
        count
    } else {
        start.saturating_add(length).min(count)
    };
    let window = items.get(usize::try_from(start).ok()?..usize::try_from(end).ok()?)?;
    let nth = usize::try_from(occurrence - 1).ok()?;
    let mut places = window
        .iter()
        .enumerate()
        .filter(|(_, item)| json::same(item, value))
        .map(|(at, _)| at);
    match places.nth(nth) {
        Some(at) => Some(start + i64::try_from(at).ok()?),
        None => Some(-1),
    }
}
