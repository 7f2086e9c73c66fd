//! `series_dot_product`: the dot product of two series.

use super::numbers;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "series_dot_product",
    family: Family::Series,
    signature: "series_dot_product(a: dynamic, b: dynamic): real",
    doc: "The sum of the products of the elements at the same places; a number stands for a series of it.",
    examples: &[(
        "series_dot_product(dynamic([1, 2]), dynamic([3, 4]))",
        "11.0",
    )],
    lower: Lower::Convert(&[Type::Dynamic]),
    kernels: &[Kernel::new("kql_series_dot_product", Type::Real, |rows| {
        each!(rows, [json a, json b] -> RealOut, {
            let pairs = numbers::pairs(a, b)?;
            let products = pairs.iter().map(|(a, b)| Some(a.as_f64()? * b.as_f64()?));
            products.collect::<Option<Vec<f64>>>().map(|products| products.iter().sum())
        })
    })],
};
