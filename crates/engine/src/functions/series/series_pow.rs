//! `series_pow`: the powers of two series.

use super::numbers;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "series_pow",
    family: Family::Series,
    signature: "series_pow(a: dynamic, b: dynamic): dynamic",
    doc: "An array of the powers of the elements at the same places; a number stands for a series of it. Null where one is no number.",
    examples: &[("series_pow(dynamic([1, 2]), dynamic([4, 2]))", "[1.0,4.0]")],
    lower: Lower::Convert(&[Type::Dynamic]),
    kernels: &[Kernel::new("kql_series_pow", Type::Dynamic, |rows| {
        numbers::zip(rows, |a, b| numbers::real(a, b, f64::powf))
    })],
};
