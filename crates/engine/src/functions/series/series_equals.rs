//! `series_equals`: two series compared.

use serde_json::Value;

use super::numbers;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "series_equals",
    family: Family::Series,
    signature: "series_equals(a: dynamic, b: dynamic): dynamic",
    doc: "An array of whether the elements at the same places are the same; a number stands for a series of it. Null where one is no number.",
    examples: &[(
        "series_equals(dynamic([1, 2]), dynamic([4, 2]))",
        "[false,true]",
    )],
    lower: Lower::Convert(&[Type::Dynamic]),
    kernels: &[Kernel::new("kql_series_equals", Type::Dynamic, |rows| {
        numbers::zip(rows, |a, b| Some(Value::Bool(a.as_f64()? == b.as_f64()?)))
    })],
};
