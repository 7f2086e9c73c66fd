//! `series_fit_line`: the line through a series.

use super::regression;
use crate::functions::json;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "series_fit_line",
    family: Family::Series,
    signature: "series_fit_line(series: dynamic)",
    doc: "The columns rsquare, slope, variance, rvariance, interception and line_fit of a linear regression.",
    examples: &[],
    lower: Lower::Convert(&[Type::Dynamic]),
    kernels: &[Kernel::new(
        "kql_series_fit_line",
        Type::Dynamic,
        |rows| each!(rows, [json series] -> JsonOut, Some(json::print_array(&regression::of(series)?.map(|(_, value)| value)))),
    )],
};
