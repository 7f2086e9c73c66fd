//! `series_abs`: a series without signs.

use serde_json::Value;

use super::numbers;
use crate::functions::json;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "series_abs",
    family: Family::Series,
    signature: "series_abs(series: dynamic): dynamic",
    doc: "An array of the absolute values; integers stay integers.",
    examples: &[("series_abs(dynamic([-6.5, -2]))", "[6.5,2]")],
    lower: Lower::Convert(&[Type::Dynamic]),
    kernels: &[Kernel::new("kql_series_abs", Type::Dynamic, |rows| {
        numbers::map_values(rows, |value| match value.as_i64() {
            Some(value) => value.checked_abs().map(Value::from),
            None => value.as_f64().map(|value| json::real(value.abs())),
        })
    })],
};
