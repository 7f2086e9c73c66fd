//! `series_not_equals`: two series compared.

use serde_json::Value;

use super::numbers;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "series_not_equals",
    family: Family::Series,
    signature: "series_not_equals(a: dynamic, b: dynamic): dynamic",
    doc: "An array of whether the elements at the same places differ; a number stands for a series of it. Null where one is no number.",
    examples: &[(
        "series_not_equals(dynamic([1, 2]), dynamic([4, 2]))",
        "[true,false]",
    )],
    lower: Lower::Convert(&[Type::Dynamic]),
    kernels: &[Kernel::new(
        "kql_series_not_equals",
        Type::Dynamic,
        |rows| numbers::zip(rows, |a, b| Some(Value::Bool(a.as_f64()? != b.as_f64()?))),
    )],
};
