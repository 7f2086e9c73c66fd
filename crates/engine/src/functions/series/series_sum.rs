//! `series_sum`: the sum of a series.

use super::numbers;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "series_sum",
    family: Family::Series,
    signature: "series_sum(series: dynamic): real",
    doc: "The sum of the numbers of an array; null if it has none.",
    examples: &[("series_sum(dynamic([1, null, 3]))", "4.0")],
    lower: Lower::Convert(&[Type::Dynamic]),
    kernels: &[Kernel::new("kql_series_sum", Type::Real, |rows| {
        each!(rows, [json series] -> RealOut, {
            let numbers = numbers::known(series)?;
            (!numbers.is_empty()).then(|| numbers.iter().sum())
        })
    })],
};
