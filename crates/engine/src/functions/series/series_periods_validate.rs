//! `series_periods_validate`: how well periods fit a series.

use super::numbers;
use super::periods::Periods;
use super::series_decompose::arrays;
use crate::functions::prelude::*;
use crate::functions::rows::JsonOut;

pub const FUNCTION: Function = Function {
    name: "series_periods_validate",
    family: Family::Series,
    signature: "series_periods_validate(series: dynamic, period: real, …)",
    doc: "The columns periods and scores: the given periods, and how well each fits, from 0 to 1.",
    examples: &[(
        "series_periods_validate(dynamic([1, 5, 2, 1, 5, 2, 1, 5, 2, 1, 5, 2]), 4)[1]",
        "[0.0]",
    )],
    lower: Lower::Convert(&[Type::Dynamic, Type::Real]),
    kernels: &[Kernel::new(
        "kql_series_periods_validate",
        Type::Dynamic,
        |rows| {
            let series = rows.json(0)?;
            let periods = (1..rows.count())
                .map(|index| rows.real(index))
                .collect::<Result<Vec<_>>>()?;
            let mut out = JsonOut::new(rows.len);
            for row in 0..rows.len {
                let scored = series.get(row).and_then(numbers::all).map(|series| {
                    let known = Periods::of(&series);
                    let periods: Vec<f64> = periods.iter().filter_map(|p| p.get(row)).collect();
                    let scores = periods.iter().map(|period| known.score(*period)).collect();
                    arrays([periods, scores])
                });
                out.push(scored);
            }
            Ok(out.finish())
        },
    )],
};
