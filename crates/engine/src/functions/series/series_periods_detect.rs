//! `series_periods_detect`: the periods that a series has.

use super::numbers;
use super::periods::Periods;
use super::series_decompose::arrays;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "series_periods_detect",
    family: Family::Series,
    signature: "series_periods_detect(series: dynamic, shortest: real, longest: real, count: long)",
    doc: "The columns periods and scores of as many periods as are asked for, the best first, scores from 0 to 1; where there are fewer, the rest are 0.",
    examples: &[(
        "series_periods_detect(dynamic([1, 5, 2, 1, 5, 2, 1, 5, 2, 1, 5, 2]), 2, 6, 2)[0]",
        "[3.0,0.0]",
    )],
    lower: Lower::Convert(&[Type::Dynamic, Type::Real, Type::Real, Type::Long]),
    kernels: &[Kernel::new(
        "kql_series_periods_detect",
        Type::Dynamic,
        |rows| {
            each!(rows, [json series, real shortest, real longest, long count] -> JsonOut, {
                let series = numbers::all(series)?;
                let count = usize::try_from(count).ok()?.min(series.len());
                let mut found = Periods::of(&series).best(shortest, longest, count);
                found.resize(count, (0.0, 0.0));
                let (periods, scores) = found.into_iter().unzip();
                Some(arrays([periods, scores]))
            })
        },
    )],
};
