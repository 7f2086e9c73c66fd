//! `series_cos`: the cosines of a series.

use super::numbers;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "series_cos",
    family: Family::Series,
    signature: "series_cos(series: dynamic): dynamic",
    doc: "An array of the cosines of the elements; null for what is no number.",
    examples: &[("series_cos(dynamic([0]))", "[1.0]")],
    lower: Lower::Convert(&[Type::Dynamic]),
    kernels: &[Kernel::new("kql_series_cos", Type::Dynamic, |rows| {
        numbers::map(rows, f64::cos)
    })],
};
