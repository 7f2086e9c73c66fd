//! `series_fill_backward`: gaps filled with the value behind.

use serde_json::Value;

use super::fill;
use crate::functions::json;
use crate::functions::prelude::*;
use crate::functions::rows::JsonOut;

pub const FUNCTION: Function = Function {
    name: "series_fill_backward",
    family: Family::Series,
    signature: "series_fill_backward(series: dynamic[, placeholder]): dynamic",
    doc: "The series with every gap (null, or the placeholder) filled with the value behind it; gaps at the end stay.",
    examples: &[(
        "series_fill_backward(dynamic([null, 1, null, 2, null]))",
        "[1,1,2,2,null]",
    )],
    lower: Lower::Convert(&[Type::Dynamic]),
    kernels: &[Kernel::new(
        "kql_series_fill_backward",
        Type::Dynamic,
        |rows| {
            let series = rows.json(0)?;
            let placeholder = fill::optional(rows, 1)?;
            let mut out = JsonOut::new(rows.len);
            for row in 0..rows.len {
                out.push(
                    series
                        .get(row)
                        .and_then(json::parse_array)
                        .map(|mut items| {
                            let gap = fill::value(&placeholder, row, Value::Null);
                            items.reverse();
                            let mut last: Option<Value> = None;
                            for item in &mut items {
                                if json::same(item, &gap) {
                                    if let Some(last) = &last {
                                        *item = last.clone();
                                    }
                                } else {
                                    last = Some(item.clone());
                                }
                            }
                            items.reverse();
                            json::print_array(&items)
                        }),
                );
            }
            Ok(out.finish())
        },
    )],
};
