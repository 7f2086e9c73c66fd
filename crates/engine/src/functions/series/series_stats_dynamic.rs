//! `series_stats_dynamic`: statistics of a series as a bag.

use serde_json::Value;

use super::statistics;
use crate::functions::json;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "series_stats_dynamic",
    family: Family::Series,
    signature: "series_stats_dynamic(series: dynamic[, ignore_nonfinite: bool]): dynamic",
    doc: "A bag with min, min_idx, max, max_idx, avg, stdev, variance, sum and len of a series; null if an element is no finite number, unless such are to be ignored.",
    examples: &[
        ("series_stats_dynamic(dynamic([1, 3])).avg", "2.0"),
        (
            "series_stats_dynamic(dynamic([1, null, 3]), true).max_idx",
            "2",
        ),
    ],
    lower: Lower::Convert(&[Type::Dynamic, Type::Bool]),
    kernels: &[Kernel::new(
        "kql_series_stats_dynamic",
        Type::Dynamic,
        |rows| {
            statistics::run(rows, |members| {
                let members = members.map(|(name, value)| (name.to_owned(), value));
                json::print(&Value::Object(members.into_iter().collect()))
            })
        },
    )],
};
