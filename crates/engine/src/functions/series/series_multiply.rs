//! `series_multiply`: the products of two series.

use super::numbers;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "series_multiply",
    family: Family::Series,
    signature: "series_multiply(a: dynamic, b: dynamic): dynamic",
    doc: "An array of the products of the elements at the same places; a number stands for a series of it. Null where one is no number.",
    examples: &[("series_multiply(dynamic([1, 2]), dynamic([4, 2]))", "[4,4]")],
    lower: Lower::Convert(&[Type::Dynamic]),
    kernels: &[Kernel::new("kql_series_multiply", Type::Dynamic, |rows| {
        numbers::zip(rows, |a, b| {
            numbers::integer(a, b, i64::checked_mul, |a, b| a * b)
        })
    })],
};
