//! `series_decompose`: a series as season, trend and rest.

use datafusion::logical_expr::lit;

use super::decompose::{Options, Parts, Trend, decompose};
use super::numbers;
use super::periods::THRESHOLD;
use crate::functions::call::{long, text};
use crate::functions::prelude::*;
use crate::functions::rows::JsonOut;

pub const FUNCTION: Function = Function {
    name: "series_decompose",
    family: Family::Series,
    signature: "series_decompose(series: dynamic[, period: long[, trend: string[, test_points: long[, threshold: real]]]])",
    doc: "The columns baseline (season and trend together), seasonal, trend and residual. The period is the one that the series has (-1), none (0), or given; the trend `avg`, `linefit` or `none`. The last `test_points` are not learnt from.",
    examples: &[(
        "series_decompose(dynamic([1, 3, 1, 3, 1, 3]), 2, 'none')[1]",
        "[1.0,3.0,1.0,3.0,1.0,3.0]",
    )],
    lower: Lower::By(lower),
    kernels: &[Kernel::new("kql_series_decompose", Type::Dynamic, |rows| {
        parts(rows, |_, parts| {
            arrays([parts.baseline, parts.seasonal, parts.trend, parts.residual])
        })
    })],
};

fn lower(call_: Call<'_>) -> Result<Expr, Error> {
    let args = vec![
        call_.arg(0, Type::Dynamic)?,
        call_.arg_or(1, Type::Long, long(-1))?,
        call_.arg_or(2, Type::String, text("avg"))?,
        call_.arg_or(3, Type::Long, long(0))?,
        call_.arg_or(4, Type::Real, lit(THRESHOLD))?,
    ];
    Ok(call("kql_series_decompose", args))
}

/// Decomposes the series of each row; the arguments are series, period, trend, test points,
/// threshold.
pub(super) fn parts(rows: &Rows<'_>, value: impl Fn(&[f64], Parts) -> String) -> Result<ArrayRef> {
    let (series, period, trend) = (rows.json(0)?, rows.long(1)?, rows.text(2)?);
    let (untested, threshold) = (rows.long(3)?, rows.real(4)?);
    let mut out = JsonOut::new(rows.len);
    for row in 0..rows.len {
        let decomposed = || {
            let options = Options {
                period: period.get(row)?,
                trend: Trend::named(trend.at(row))?,
                test_points: usize::try_from(untested.get(row)?).ok()?,
                threshold: threshold.get(row)?,
            };
            let series = numbers::all(series.get(row)?)?;
            let parts = decompose(&series, options);
            Some(value(&series, parts))
        };
        out.push(decomposed());
    }
    Ok(out.finish())
}

/// An array of arrays, one for each column.
pub(super) fn arrays<const N: usize>(columns: [Vec<f64>; N]) -> String {
    let columns = columns.map(|column| numbers::print(column.into_iter()));
    format!("[{}]", columns.join(","))
}
