//! `series_stats_dynamic`: statistics of a series as a bag.

use serde_json::Value;

use super::statistics;
use crate::functions::json;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "series_stats_dynamic",
    family: Family::Series,
    signature: "series_stats_dynamic(series: dynamic[, ignore_nonfinite: bool]): dynamic",
    doc: "A bag with min, min_idx, max, max_idx, avg, stdev and variance of a series.",
    examples: &[("series_stats_dynamic(dynamic([1, 3])).avg", "2.0")],
    lower: Lower::Convert(&[Type::Dynamic, Type::Bool]),
    kernels: &[Kernel::new(
        "kql_series_stats_dynamic",
        Type::Dynamic,
        |rows| {
            each!(rows, [json series] -> JsonOut, {
                let members = statistics::of(series)?.map(|(name, value)| (name.to_owned(), value));
                Some(json::print(&Value::Object(members.into_iter().collect())))
            })
        },
    )],
};
