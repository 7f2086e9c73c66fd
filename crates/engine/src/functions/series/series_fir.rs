//! `series_fir`: a series through a finite filter.

use super::numbers;
use crate::functions::prelude::*;
use crate::functions::rows::JsonOut;

pub const FUNCTION: Function = Function {
    name: "series_fir",
    family: Family::Series,
    signature: "series_fir(series: dynamic, filter: dynamic[, normalize: bool[, center: bool]]): dynamic",
    doc: "The convolution of a series with a filter, whose coefficients are scaled to the sum 1 unless `normalize` is false; `center` moves it to the middle of the filter.",
    examples: &[(
        "series_fir(dynamic([5, 15, 10]), dynamic([1, -1]), false)",
        "[5.0,10.0,-5.0]",
    )],
    lower: Lower::Convert(&[Type::Dynamic, Type::Dynamic, Type::Bool, Type::Bool]),
    kernels: &[Kernel::new("kql_series_fir", Type::Dynamic, |rows| {
        let (series, filter) = (rows.json(0)?, rows.json(1)?);
        let flags = (2..rows.count())
            .map(|index| rows.bool(index))
            .collect::<Result<Vec<_>>>()?;
        let mut out = JsonOut::new(rows.len);
        for row in 0..rows.len {
            let flag = |index: usize| flags.get(index).and_then(|flag| flag.get(row));
            let series = series.get(row).and_then(numbers::all);
            let filter = filter.get(row).and_then(numbers::all);
            out.push(series.zip(filter).map(|(series, filter)| {
                let center = flag(1).unwrap_or(false);
                filtered(&series, &scaled(filter, flag(0).unwrap_or(true)), center)
            }));
        }
        Ok(out.finish())
    })],
};

fn scaled(filter: Vec<f64>, normalize: bool) -> Vec<f64> {
    let sum: f64 = filter.iter().sum();
    if !normalize || sum == 0.0 {
        return filter;
    }
    filter.iter().map(|coefficient| coefficient / sum).collect()
}

fn filtered(series: &[f64], filter: &[f64], center: bool) -> String {
    let ahead = if center { filter.len() / 2 } else { 0 };
    let at = |place: usize| {
        let terms = filter.iter().enumerate().filter_map(|(back, coefficient)| {
            Some(coefficient * series.get((place + ahead).checked_sub(back)?)?)
        });
        terms.sum()
    };
    numbers::print((0..series.len()).map(at))
}
