//! `series_subtract`: the differences of two series.

use super::numbers;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "series_subtract",
    family: Family::Series,
    signature: "series_subtract(a: dynamic, b: dynamic): dynamic",
    doc: "An array of the differences of the elements at the same places; a number stands for a series of it. Null where one is no number.",
    examples: &[(
        "series_subtract(dynamic([1, 2]), dynamic([4, 2]))",
        "[-3,0]",
    )],
    lower: Lower::Convert(&[Type::Dynamic]),
    kernels: &[Kernel::new("kql_series_subtract", Type::Dynamic, |rows| {
        numbers::zip(rows, |a, b| {
            numbers::integer(a, b, i64::checked_sub, |a, b| a - b)
        })
    })],
};
