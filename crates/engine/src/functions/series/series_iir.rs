//! `series_iir`: a series through an infinite filter.

use super::numbers;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "series_iir",
    family: Family::Series,
    signature: "series_iir(series: dynamic, numerators: dynamic, denominators: dynamic): dynamic",
    doc: "The output of a recursive filter: the numerators weigh the input, the denominators the output before.",
    examples: &[(
        "series_iir(dynamic([1, 2, 3]), dynamic([1]), dynamic([1, -1]))",
        "[1.0,3.0,6.0]",
    )],
    lower: Lower::Convert(&[Type::Dynamic]),
    kernels: &[Kernel::new("kql_series_iir", Type::Dynamic, |rows| {
        each!(rows, [json series, json numerators, json denominators] -> JsonOut, {
            let series = numbers::all(series)?;
            let (weights, feedback) = (numbers::all(numerators)?, numbers::all(denominators)?);
            let first = feedback.first().copied().filter(|first| *first != 0.0)?;
            let mut output: Vec<f64> = Vec::with_capacity(series.len());
            for at in 0..series.len() {
                let term = |series: &[f64], back: usize, weight: f64| {
                    at.checked_sub(back).and_then(|at| series.get(at)).map_or(0.0, |x| weight * x)
                };
                let input: f64 = weights.iter().enumerate().map(|(back, weight)| term(&series, back, *weight)).sum();
                let before: f64 = feedback.iter().enumerate().skip(1).map(|(back, weight)| term(&output, back, *weight)).sum();
                output.push((input - before) / first);
            }
            Some(numbers::print(output.into_iter()))
        })
    })],
};
