//! `series_tan`: the tangents of a series.

use super::numbers;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "series_tan",
    family: Family::Series,
    signature: "series_tan(series: dynamic): dynamic",
    doc: "An array of the tangents of the elements; null for what is no number.",
    examples: &[("series_tan(dynamic([0]))", "[0.0]")],
    lower: Lower::Convert(&[Type::Dynamic]),
    kernels: &[Kernel::new("kql_series_tan", Type::Dynamic, |rows| {
        numbers::map(rows, f64::tan)
    })],
};
