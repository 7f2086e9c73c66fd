//! `series_stats`: statistics of a series.

use super::statistics;
use crate::functions::json;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "series_stats",
    family: Family::Series,
    signature: "series_stats(series: dynamic[, ignore_nonfinite: bool])",
    doc: "The columns min, min_idx, max, max_idx, avg, stdev and variance of a series.",
    examples: &[],
    lower: Lower::Convert(&[Type::Dynamic, Type::Bool]),
    kernels: &[Kernel::new(
        "kql_series_stats",
        Type::Dynamic,
        |rows| each!(rows, [json series] -> JsonOut, Some(json::print_array(&statistics::of(series)?.map(|(_, value)| value)))),
    )],
};
