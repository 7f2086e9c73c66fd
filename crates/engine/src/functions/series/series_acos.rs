//! `series_acos`: the angles of cosines of a series.

use super::numbers;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "series_acos",
    family: Family::Series,
    signature: "series_acos(series: dynamic): dynamic",
    doc: "An array of the angles of cosines of the elements; null for what is no number.",
    examples: &[("series_acos(dynamic([1]))", "[0.0]")],
    lower: Lower::Convert(&[Type::Dynamic]),
    kernels: &[Kernel::new("kql_series_acos", Type::Dynamic, |rows| {
        numbers::map(rows, f64::acos)
    })],
};
