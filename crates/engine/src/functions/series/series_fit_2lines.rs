//! `series_fit_2lines`: the two lines that fit a series best.

use super::regression;
use crate::functions::json;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "series_fit_2lines",
    family: Family::Series,
    signature: "series_fit_2lines(series: dynamic)",
    doc: "The columns rsquare, split_idx, variance, rvariance and line_fit of two lines, one before and one from the place of the split on, and rsquare, slope, interception, variance and rvariance of the right and of the left one.",
    examples: &[("series_fit_2lines(dynamic([1, 2, 3, 9, 8, 7]))[1]", "3")],
    lower: Lower::Convert(&[Type::Dynamic]),
    kernels: &[Kernel::new(
        "kql_series_fit_2lines",
        Type::Dynamic,
        |rows| each!(rows, [json series] -> JsonOut, Some(json::print_array(&regression::of_two(series)?.map(|(_, value)| value)))),
    )],
};
