//! `series_fit_line_dynamic`: the line through a series as a bag.

use serde_json::Value;

use super::regression;
use crate::functions::json;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "series_fit_line_dynamic",
    family: Family::Series,
    signature: "series_fit_line_dynamic(series: dynamic): dynamic",
    doc: "A bag with rsquare, slope, variance, rvariance, interception and line_fit of a linear regression.",
    examples: &[("series_fit_line_dynamic(dynamic([1, 3, 5])).slope", "2.0")],
    lower: Lower::Convert(&[Type::Dynamic]),
    kernels: &[Kernel::new(
        "kql_series_fit_line_dynamic",
        Type::Dynamic,
        |rows| {
            each!(rows, [json series] -> JsonOut, {
                let members = regression::of(series)?.map(|(name, value)| (name.to_owned(), value));
                Some(json::print(&Value::Object(members.into_iter().collect())))
            })
        },
    )],
};
