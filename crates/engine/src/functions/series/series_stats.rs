//! `series_stats`: statistics of a series.

use super::statistics;
use crate::functions::json;
use crate::functions::prelude::*;

/// How many of the statistics become columns.
const COLUMNS: usize = 7;

pub const FUNCTION: Function = Function {
    name: "series_stats",
    family: Family::Series,
    signature: "series_stats(series: dynamic[, ignore_nonfinite: bool])",
    doc: "The columns min, min_idx, max, max_idx, avg, stdev and variance of a series.",
    examples: &[],
    lower: Lower::Convert(&[Type::Dynamic, Type::Bool]),
    kernels: &[Kernel::new("kql_series_stats", Type::Dynamic, |rows| {
        statistics::run(rows, |members| {
            // The sum and the length are in the bag only.
            json::print_array(&members.map(|(_, value)| value)[..COLUMNS])
        })
    })],
};
