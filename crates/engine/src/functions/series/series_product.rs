//! `series_product`: the product of a series.

use super::numbers;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "series_product",
    family: Family::Series,
    signature: "series_product(series: dynamic): real",
    doc: "The product of the numbers of an array; null if it has none.",
    examples: &[("series_product(dynamic([2, 3]))", "6.0")],
    lower: Lower::Convert(&[Type::Dynamic]),
    kernels: &[Kernel::new("kql_series_product", Type::Real, |rows| {
        each!(rows, [json series] -> RealOut, {
            let numbers = numbers::known(series)?;
            (!numbers.is_empty()).then(|| numbers.iter().product())
        })
    })],
};
