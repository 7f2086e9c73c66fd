//! `series_ceiling`: the next integers above of a series.

use super::numbers;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "series_ceiling",
    family: Family::Series,
    signature: "series_ceiling(series: dynamic): dynamic",
    doc: "An array of the next integers above of the elements; null for what is no number.",
    examples: &[("series_ceiling(dynamic([1.5]))", "[2.0]")],
    lower: Lower::Convert(&[Type::Dynamic]),
    kernels: &[Kernel::new("kql_series_ceiling", Type::Dynamic, |rows| {
        numbers::map(rows, f64::ceil)
    })],
};
