//! `series_atan`: the angles of tangents of a series.

use super::numbers;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "series_atan",
    family: Family::Series,
    signature: "series_atan(series: dynamic): dynamic",
    doc: "An array of the angles of tangents of the elements; null for what is no number.",
    examples: &[("series_atan(dynamic([0]))", "[0.0]")],
    lower: Lower::Convert(&[Type::Dynamic]),
    kernels: &[Kernel::new("kql_series_atan", Type::Dynamic, |rows| {
        numbers::map(rows, f64::atan)
    })],
};
