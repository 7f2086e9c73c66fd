//! `series_less`: two series compared.

use serde_json::Value;

use super::numbers;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "series_less",
    family: Family::Series,
    signature: "series_less(a: dynamic, b: dynamic): dynamic",
    doc: "An array of whether the elements at the same places are smaller in the first; a number stands for a series of it. Null where one is no number.",
    examples: &[(
        "series_less(dynamic([1, 2]), dynamic([4, 2]))",
        "[true,false]",
    )],
    lower: Lower::Convert(&[Type::Dynamic]),
    kernels: &[Kernel::new("kql_series_less", Type::Dynamic, |rows| {
        numbers::zip(rows, |a, b| Some(Value::Bool(a.as_f64()? < b.as_f64()?)))
    })],
};
