//! `series_cosine_similarity`: how alike the directions of two series are.

use super::numbers;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "series_cosine_similarity",
    family: Family::Series,
    signature: "series_cosine_similarity(a: dynamic, b: dynamic[, magnitude_a: real, magnitude_b: real]): real",
    doc: "The dot product by the product of the magnitudes; null for series of different lengths.",
    examples: &[(
        "series_cosine_similarity(dynamic([1, 0]), dynamic([2, 0]))",
        "1.0",
    )],
    lower: Lower::Convert(&[Type::Dynamic, Type::Dynamic, Type::Real]),
    kernels: &[Kernel::new(
        "kql_series_cosine_similarity",
        Type::Real,
        |rows| {
            each!(rows, [json a, json b] -> RealOut, {
                let (a, b) = (numbers::all(a)?, numbers::all(b)?);
                let product: f64 = a.iter().zip(&b).map(|(a, b)| a * b).sum();
                let magnitude = |series: &[f64]| series.iter().map(|x| x * x).sum::<f64>().sqrt();
                (a.len() == b.len()).then(|| product / (magnitude(&a) * magnitude(&b)))
            })
        },
    )],
};
