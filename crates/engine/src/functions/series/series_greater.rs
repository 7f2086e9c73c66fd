//! `series_greater`: two series compared.

use serde_json::Value;

use super::numbers;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "series_greater",
    family: Family::Series,
    signature: "series_greater(a: dynamic, b: dynamic): dynamic",
    doc: "An array of whether the elements at the same places are greater in the first; a number stands for a series of it. Null where one is no number.",
    examples: &[(
        "series_greater(dynamic([1, 2]), dynamic([4, 2]))",
        "[false,false]",
    )],
    lower: Lower::Convert(&[Type::Dynamic]),
    kernels: &[Kernel::new("kql_series_greater", Type::Dynamic, |rows| {
        numbers::zip(rows, |a, b| Some(Value::Bool(a.as_f64()? > b.as_f64()?)))
    })],
};
