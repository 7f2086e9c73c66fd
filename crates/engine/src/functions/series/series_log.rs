//! `series_log`: the natural logarithms of a series.

use super::numbers;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "series_log",
    family: Family::Series,
    signature: "series_log(series: dynamic): dynamic",
    doc: "An array of the natural logarithms of the elements; null for what is no number.",
    examples: &[("series_log(dynamic([1]))", "[0.0]")],
    lower: Lower::Convert(&[Type::Dynamic]),
    kernels: &[Kernel::new("kql_series_log", Type::Dynamic, |rows| {
        numbers::map(rows, f64::ln)
    })],
};
