//! `series_sign`: the signs of a series.

use super::numbers;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "series_sign",
    family: Family::Series,
    signature: "series_sign(series: dynamic): dynamic",
    doc: "An array of the signs of the elements; null for what is no number.",
    examples: &[("series_sign(dynamic([-2.5]))", "[-1.0]")],
    lower: Lower::Convert(&[Type::Dynamic]),
    kernels: &[Kernel::new("kql_series_sign", Type::Dynamic, |rows| {
        numbers::map(rows, |x| {
            if x > 0.0 {
                1.0
            } else if x < 0.0 {
                -1.0
            } else {
                0.0
            }
        })
    })],
};
