//! `series_floor`: the next integers below of a series.

use super::numbers;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "series_floor",
    family: Family::Series,
    signature: "series_floor(series: dynamic): dynamic",
    doc: "An array of the next integers below of the elements; null for what is no number.",
    examples: &[("series_floor(dynamic([1.5]))", "[1.0]")],
    lower: Lower::Convert(&[Type::Dynamic]),
    kernels: &[Kernel::new("kql_series_floor", Type::Dynamic, |rows| {
        numbers::map(rows, f64::floor)
    })],
};
