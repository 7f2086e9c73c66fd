//! `series_decompose_forecast`: how a series goes on.

use datafusion::logical_expr::lit;

use super::periods::THRESHOLD;
use super::series_decompose::{arrays, parts};
use crate::functions::call::{long, text};
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "series_decompose_forecast",
    family: Family::Series,
    signature: "series_decompose_forecast(series: dynamic, points: long[, period: long[, trend: string[, threshold: real]]])",
    doc: "The columns forecast (season and trend together), seasonal, trend and residual; the last `points` of the series are not learnt from, but foretold. The trend is `linefit` unless another is given.",
    examples: &[(
        "series_decompose_forecast(dynamic([1, 2, 3, 4, 0, 0]), 2, 0)[0]",
        "[1.0,2.0,3.0,4.0,5.0,6.0]",
    )],
    lower: Lower::By(lower),
    kernels: &[Kernel::new(
        "kql_series_decompose_forecast",
        Type::Dynamic,
        |rows| {
            parts(rows, |_, parts| {
                arrays([parts.baseline, parts.seasonal, parts.trend, parts.residual])
            })
        },
    )],
};

fn lower(call_: Call<'_>) -> Result<Expr, Error> {
    let args = vec![
        call_.arg(0, Type::Dynamic)?,
        call_.arg_or(2, Type::Long, long(-1))?,
        call_.arg_or(3, Type::String, text("linefit"))?,
        call_.arg(1, Type::Long)?,
        call_.arg_or(4, Type::Real, lit(THRESHOLD))?,
    ];
    Ok(call("kql_series_decompose_forecast", args))
}
