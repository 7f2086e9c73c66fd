//! What `array_shift_left` and `array_shift_right` share.

use arrow::array::ArrayRef;
use datafusion::common::Result;
use serde_json::Value;

use crate::functions::json;
use crate::functions::rows::{JsonOut, Rows};

/// Shifts to the left by what `to_left` makes of the count.
pub fn run(rows: &Rows<'_>, to_left: impl Fn(i64) -> i64) -> Result<ArrayRef> {
    let (array, count) = (rows.json(0)?, rows.long(1)?);
    let filler = if rows.count() > 2 {
        Some(rows.json(2)?)
    } else {
        None
    };
    let mut out = JsonOut::new(rows.len);
    for row in 0..rows.len {
        let filler = filler
            .as_ref()
            .and_then(|filler| filler.get(row))
            .and_then(json::parse);
        let items = array.get(row).and_then(json::parse_array);
        out.push(items.zip(count.get(row)).map(|(items, count)| {
            json::print_array(&shifted(
                &items,
                to_left(count),
                &filler.unwrap_or(Value::Null),
            ))
        }));
    }
    Ok(out.finish())
}

fn shifted(items: &[Value], count: i64, filler: &Value) -> Vec<Value> {
    (0..items.len())
        .map(|place| {
            let from = i64::try_from(place)
                .ok()
                .and_then(|place| place.checked_add(count));
            let from = from.and_then(|from| usize::try_from(from).ok());
            from.and_then(|from| items.get(from))
                .unwrap_or(filler)
                .clone()
        })
        .collect()
}
