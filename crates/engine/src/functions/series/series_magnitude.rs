//! `series_magnitude`: the length of a series as a vector.

use super::numbers;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "series_magnitude",
    family: Family::Series,
    signature: "series_magnitude(series: dynamic): real",
    doc: "The square root of the sum of the squares; null for an empty array.",
    examples: &[("series_magnitude(dynamic([3, 4]))", "5.0")],
    lower: Lower::Convert(&[Type::Dynamic]),
    kernels: &[Kernel::new("kql_series_magnitude", Type::Real, |rows| {
        each!(rows, [json series] -> RealOut, {
            let numbers = numbers::known(series)?;
            (!numbers.is_empty()).then(|| numbers.iter().map(|x| x * x).sum::<f64>().sqrt())
        })
    })],
};
