//! `series_outliers`: how far outside of the usual the points of a series are.

use datafusion::logical_expr::lit;

use super::numbers;
use super::outliers::{self, Fence};
use crate::functions::call::{long, null, text};
use crate::functions::json;
use crate::functions::prelude::*;
use crate::functions::rows::JsonOut;

pub const FUNCTION: Function = Function {
    name: "series_outliers",
    family: Family::Series,
    signature: "series_outliers(series: dynamic[, kind: string[, missing: real[, low: real[, high: real[, test_points: long]]]]]): dynamic",
    doc: "For every point its distance beyond a percentile, in widths between the two percentiles: 10 and 90 for the kind `ctukey` (others may be given), 25 and 75 for `tukey`. Above 1.5 it is an outlier upwards, below -1.5 one downwards; in between, and for missing points, it is 0.",
    examples: &[(
        "series_outliers(dynamic([1, 2, 3, 4, 20]), 'tukey')",
        "[-0.5,0.0,0.0,0.0,8.0]",
    )],
    lower: Lower::By(lower),
    kernels: &[Kernel::new("kql_series_outliers", Type::Dynamic, |rows| {
        let (series, kind, missing) = (rows.json(0)?, rows.text(1)?, rows.real(2)?);
        let (low, high, untested) = (rows.real(3)?, rows.real(4)?, rows.long(5)?);
        let mut out = JsonOut::new(rows.len);
        for row in 0..rows.len {
            let value = || {
                let items = json::parse_array(series.get(row)?)?;
                let missing = missing.get(row);
                let known = |item| json::number_of(item).filter(|n| Some(*n) != missing);
                let points: Vec<Option<f64>> = items.iter().map(known).collect();
                let fence = match Fence::named(kind.at(row))? {
                    fence if fence.low == Fence::CUSTOM.low => Fence {
                        low: low.get(row)?.clamp(0.0, 100.0),
                        high: high.get(row)?.clamp(0.0, 100.0),
                    },
                    fence => fence,
                };
                let untested = usize::try_from(untested.get(row)?).ok()?;
                let scores = outliers::scores(&points, fence, untested);
                Some(numbers::print(scores.into_iter()))
            };
            out.push(value());
        }
        Ok(out.finish())
    })],
};

fn lower(call_: Call<'_>) -> Result<Expr, Error> {
    let args = vec![
        call_.arg(0, Type::Dynamic)?,
        call_.arg_or(1, Type::String, text("ctukey"))?,
        call_.arg_or(2, Type::Real, null(Type::Real))?,
        call_.arg_or(3, Type::Real, lit(Fence::CUSTOM.low))?,
        call_.arg_or(4, Type::Real, lit(Fence::CUSTOM.high))?,
        call_.arg_or(5, Type::Long, long(0))?,
    ];
    Ok(call("kql_series_outliers", args))
}
