//! `series_add`: the sums of two series.

use super::numbers;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "series_add",
    family: Family::Series,
    signature: "series_add(a: dynamic, b: dynamic): dynamic",
    doc: "An array of the sums of the elements at the same places; a number stands for a series of it. Null where one is no number.",
    examples: &[("series_add(dynamic([1, 2]), dynamic([4, 2]))", "[5,4]")],
    lower: Lower::Convert(&[Type::Dynamic]),
    kernels: &[Kernel::new("kql_series_add", Type::Dynamic, |rows| {
        numbers::zip(rows, |a, b| {
            numbers::integer(a, b, i64::checked_add, |a, b| a + b)
        })
    })],
};
