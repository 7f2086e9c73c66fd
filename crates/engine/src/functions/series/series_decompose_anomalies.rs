//! `series_decompose_anomalies`: the points of a series that its season and trend do not explain.

use datafusion::logical_expr::lit;

use super::decompose::{Options, Trend, decompose};
use super::numbers;
use super::outliers::{self, Fence};
use super::periods::THRESHOLD;
use super::series_decompose::arrays;
use crate::functions::call::{long, text};
use crate::functions::prelude::*;
use crate::functions::rows::JsonOut;

pub const FUNCTION: Function = Function {
    name: "series_decompose_anomalies",
    family: Family::Series,
    signature: "series_decompose_anomalies(series: dynamic[, threshold: real[, period: long[, trend: string[, test_points: long[, method: string[, seasonality: real]]]]]])",
    doc: "The columns ad_flag (1 for an anomaly upwards, -1 for one downwards, else 0), ad_score and baseline. The score is that of `series_outliers` by the given method over what `series_decompose` leaves; beyond the threshold, 1.5 unless another is given, a point is an anomaly.",
    examples: &[(
        "series_decompose_anomalies(dynamic([4, 5, 4, 5, 4, 5, 40, 5, 4, 5, 4, 5]), 1.5, 0)[0]",
        "[0.0,0.0,0.0,0.0,0.0,0.0,1.0,0.0,0.0,0.0,0.0,0.0]",
    )],
    lower: Lower::By(lower),
    kernels: &[Kernel::new(
        "kql_series_decompose_anomalies",
        Type::Dynamic,
        |rows| {
            let (series, limit, period) = (rows.json(0)?, rows.real(1)?, rows.long(2)?);
            let (trend, untested, method) = (rows.text(3)?, rows.long(4)?, rows.text(5)?);
            let threshold = rows.real(6)?;
            let mut out = JsonOut::new(rows.len);
            for row in 0..rows.len {
                let value = || {
                    let options = Options {
                        period: period.get(row)?,
                        trend: Trend::named(trend.at(row))?,
                        test_points: usize::try_from(untested.get(row)?).ok()?,
                        threshold: threshold.get(row)?,
                    };
                    let parts = decompose(&numbers::all(series.get(row)?)?, options);
                    let residual: Vec<Option<f64>> =
                        parts.residual.iter().map(|value| Some(*value)).collect();
                    let fence = Fence::named(method.at(row))?;
                    let scores = outliers::scores(&residual, fence, options.test_points);
                    let limit = limit.get(row)?;
                    let flag = |score: &f64| match score.abs() > limit {
                        true => score.signum(),
                        false => 0.0,
                    };
                    let flags = scores.iter().map(flag).collect();
                    Some(arrays([flags, scores, parts.baseline]))
                };
                out.push(value());
            }
            Ok(out.finish())
        },
    )],
};

fn lower(call_: Call<'_>) -> Result<Expr, Error> {
    let args = vec![
        call_.arg(0, Type::Dynamic)?,
        call_.arg_or(1, Type::Real, lit(1.5))?,
        call_.arg_or(2, Type::Long, long(-1))?,
        call_.arg_or(3, Type::String, text("avg"))?,
        call_.arg_or(4, Type::Long, long(0))?,
        call_.arg_or(5, Type::String, text("ctukey"))?,
        call_.arg_or(6, Type::Real, lit(THRESHOLD))?,
    ];
    Ok(call("kql_series_decompose_anomalies", args))
}
