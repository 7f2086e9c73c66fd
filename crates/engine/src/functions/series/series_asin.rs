//! `series_asin`: the angles of sines of a series.

use super::numbers;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "series_asin",
    family: Family::Series,
    signature: "series_asin(series: dynamic): dynamic",
    doc: "An array of the angles of sines of the elements; null for what is no number.",
    examples: &[("series_asin(dynamic([0]))", "[0.0]")],
    lower: Lower::Convert(&[Type::Dynamic]),
    kernels: &[Kernel::new("kql_series_asin", Type::Dynamic, |rows| {
        numbers::map(rows, f64::asin)
    })],
};
