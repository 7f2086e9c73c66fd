//! `series_seasonal`: the seasonal part of a series.

use super::decompose;
use super::numbers;
use super::periods::{Periods, THRESHOLD};
use crate::functions::call::long;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "series_seasonal",
    family: Family::Series,
    signature: "series_seasonal(series: dynamic[, period: long[, test_points: long]]): dynamic",
    doc: "For every place the median of the places a multiple of the period away; the last `test_points` are not counted. Without a period, or with -1, it is the one that the series has; where it has none, zeros.",
    examples: &[
        (
            "series_seasonal(dynamic([1, 3, 5, 2, 4, 6]), 3)",
            "[1.5,3.5,5.5,1.5,3.5,5.5]",
        ),
        (
            "series_seasonal(dynamic([2, 5, 3, 2, 1, 2, 5, 3, 2, 1, 2, 5]))",
            "[2.0,5.0,3.0,2.0,1.0,2.0,5.0,3.0,2.0,1.0,2.0,5.0]",
        ),
    ],
    lower: Lower::By(lower),
    kernels: &[Kernel::new("kql_series_seasonal", Type::Dynamic, |rows| {
        each!(rows, [json series, long period, long untested] -> JsonOut, {
            let series = numbers::all(series)?;
            let learnt = &series[..series.len().saturating_sub(usize::try_from(untested).ok()?)];
            let period = match period {
                -1 => Periods::of(learnt).only(THRESHOLD),
                period => Some(usize::try_from(period).ok().filter(|period| *period > 0)?),
            };
            let seasonal = match period {
                Some(period) => decompose::seasonal(learnt, period, series.len()),
                None => vec![0.0; series.len()],
            };
            Some(numbers::print(seasonal.into_iter()))
        })
    })],
};

fn lower(call_: Call<'_>) -> Result<Expr, Error> {
    let args = vec![
        call_.arg(0, Type::Dynamic)?,
        call_.arg_or(1, Type::Long, long(-1))?,
        call_.arg_or(2, Type::Long, long(0))?,
    ];
    Ok(call("kql_series_seasonal", args))
}
