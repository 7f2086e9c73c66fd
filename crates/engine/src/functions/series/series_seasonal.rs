//! `series_seasonal`: the seasonal part of a series.

use super::numbers;
use crate::functions::call::long;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "series_seasonal",
    family: Family::Series,
    signature: "series_seasonal(series: dynamic, period: long[, test_points: long]): dynamic",
    doc: "For every place the median of the places a multiple of the period away; the last `test_points` are not counted. The period must be given.",
    examples: &[(
        "series_seasonal(dynamic([1, 3, 5, 2, 4, 6]), 3)",
        "[1.5,3.5,5.5,1.5,3.5,5.5]",
    )],
    lower: Lower::By(lower),
    kernels: &[Kernel::new("kql_series_seasonal", Type::Dynamic, |rows| {
        each!(rows, [json series, long period, long untested] -> JsonOut, {
            let series = numbers::all(series)?;
            let period = usize::try_from(period).ok().filter(|period| *period > 0)?;
            let counted = series.len().saturating_sub(usize::try_from(untested).ok()?);
            let median = |phase: usize| {
                let mut places: Vec<f64> =
                    series[..counted].iter().skip(phase).step_by(period).copied().collect();
                places.sort_by(f64::total_cmp);
                match places.len() {
                    0 => 0.0,
                    count if count % 2 == 1 => places[count / 2],
                    count => f64::midpoint(places[count / 2 - 1], places[count / 2]),
                }
            };
            let medians: Vec<f64> = (0..period.min(series.len())).map(median).collect();
            Some(numbers::print((0..series.len()).map(|at| medians[at % period])))
        })
    })],
};

fn lower(call_: Call<'_>) -> Result<Expr, Error> {
    if call_.count() < 2 {
        return Err(Error::unsupported(
            "`series_seasonal` without a period is not supported: give the period".to_owned(),
        ));
    }
    let untested = if call_.count() > 2 {
        call_.arg(2, Type::Long)?
    } else {
        long(0)
    };
    Ok(call(
        "kql_series_seasonal",
        vec![
            call_.arg(0, Type::Dynamic)?,
            call_.arg(1, Type::Long)?,
            untested,
        ],
    ))
}
