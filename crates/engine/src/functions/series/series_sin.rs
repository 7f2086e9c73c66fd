//! `series_sin`: the sines of a series.

use super::numbers;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "series_sin",
    family: Family::Series,
    signature: "series_sin(series: dynamic): dynamic",
    doc: "An array of the sines of the elements; null for what is no number.",
    examples: &[("series_sin(dynamic([0]))", "[0.0]")],
    lower: Lower::Convert(&[Type::Dynamic]),
    kernels: &[Kernel::new("kql_series_sin", Type::Dynamic, |rows| {
        numbers::map(rows, f64::sin)
    })],
};
