//! `series_divide`: the quotients of two series.

use super::numbers;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "series_divide",
    family: Family::Series,
    signature: "series_divide(a: dynamic, b: dynamic): dynamic",
    doc: "An array of the quotients of the elements at the same places; a number stands for a series of it. Null where one is no number.",
    examples: &[(
        "series_divide(dynamic([1, 2]), dynamic([4, 2]))",
        "[0.25,1.0]",
    )],
    lower: Lower::Convert(&[Type::Dynamic]),
    kernels: &[Kernel::new("kql_series_divide", Type::Dynamic, |rows| {
        numbers::zip(rows, |a, b| numbers::real(a, b, |a, b| a / b))
    })],
};
