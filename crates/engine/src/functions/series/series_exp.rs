//! `series_exp`: e to the powers of a series.

use super::numbers;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "series_exp",
    family: Family::Series,
    signature: "series_exp(series: dynamic): dynamic",
    doc: "An array of e to the powers of the elements; null for what is no number.",
    examples: &[("series_exp(dynamic([0]))", "[1.0]")],
    lower: Lower::Convert(&[Type::Dynamic]),
    kernels: &[Kernel::new("kql_series_exp", Type::Dynamic, |rows| {
        numbers::map(rows, f64::exp)
    })],
};
