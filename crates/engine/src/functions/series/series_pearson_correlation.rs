//! `series_pearson_correlation`: how two series go together.

use super::numbers;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "series_pearson_correlation",
    family: Family::Series,
    signature: "series_pearson_correlation(a: dynamic, b: dynamic): real",
    doc: "The Pearson correlation coefficient; null for series of different lengths or without variance.",
    examples: &[(
        "series_pearson_correlation(dynamic([1, 2, 4]), dynamic([2, 4, 8]))",
        "1.0",
    )],
    lower: Lower::Convert(&[Type::Dynamic]),
    kernels: &[Kernel::new(
        "kql_series_pearson_correlation",
        Type::Real,
        |rows| {
            each!(rows, [json a, json b] -> RealOut, {
                let (a, b) = (numbers::all(a)?, numbers::all(b)?);
                if a.len() != b.len() || a.is_empty() {
                    return None;
                }
                let mean = |series: &[f64]| series.iter().sum::<f64>() / series.len() as f64;
                let (mean_a, mean_b) = (mean(&a), mean(&b));
                let sum = |f: &dyn Fn(f64, f64) -> f64| a.iter().zip(&b).map(|(a, b)| f(a - mean_a, b - mean_b)).sum::<f64>();
                let scale = (sum(&|a, _| a * a) * sum(&|_, b| b * b)).sqrt();
                (scale > 0.0).then(|| sum(&|a, b| a * b) / scale)
            })
        },
    )],
};
