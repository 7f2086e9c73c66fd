//! `series_fill_const`: gaps filled with a value.

use serde_json::Value;

use super::fill;
use crate::functions::json;
use crate::functions::prelude::*;
use crate::functions::rows::JsonOut;

pub const FUNCTION: Function = Function {
    name: "series_fill_const",
    family: Family::Series,
    signature: "series_fill_const(series: dynamic[, value[, placeholder]]): dynamic",
    doc: "The series with every gap (null, or the placeholder) filled with a value, 0 unless given.",
    examples: &[("series_fill_const(dynamic([1, null]), -1)", "[1,-1]")],
    lower: Lower::Convert(&[Type::Dynamic]),
    kernels: &[Kernel::new(
        "kql_series_fill_const",
        Type::Dynamic,
        |rows| {
            let series = rows.json(0)?;
            let (filler, placeholder) = (fill::optional(rows, 1)?, fill::optional(rows, 2)?);
            let mut out = JsonOut::new(rows.len);
            for row in 0..rows.len {
                out.push(
                    series
                        .get(row)
                        .and_then(json::parse_array)
                        .map(|mut items| {
                            let filler = fill::value(&filler, row, Value::from(0));
                            let gap = fill::value(&placeholder, row, Value::Null);
                            for item in items.iter_mut().filter(|item| json::same(item, &gap)) {
                                *item = filler.clone();
                            }
                            json::print_array(&items)
                        }),
                );
            }
            Ok(out.finish())
        },
    )],
};
