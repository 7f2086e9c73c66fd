//! `series_fit_2lines_dynamic`: the two lines that fit a series best, as a bag.

use serde_json::{Map, Value};

use super::regression;
use crate::functions::json;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "series_fit_2lines_dynamic",
    family: Family::Series,
    signature: "series_fit_2lines_dynamic(series: dynamic): dynamic",
    doc: "A bag of two lines that fit a series best: rsquare, split_idx, variance, rvariance, line_fit, and a bag with rsquare, slope, interception, variance and rvariance for the right and for the left one.",
    examples: &[(
        "series_fit_2lines_dynamic(dynamic([1, 2, 3, 9, 8, 7])).left.slope",
        "1.0",
    )],
    lower: Lower::Convert(&[Type::Dynamic]),
    kernels: &[Kernel::new(
        "kql_series_fit_2lines_dynamic",
        Type::Dynamic,
        |rows| {
            each!(rows, [json series] -> JsonOut, {
                let mut bag = Map::new();
                let (mut right, mut left) = (Map::new(), Map::new());
                for (name, value) in regression::of_two(series)? {
                    if let Some(name) = name.strip_prefix("right_") {
                        right.insert(name.to_owned(), value);
                    } else if let Some(name) = name.strip_prefix("left_") {
                        left.insert(name.to_owned(), value);
                    } else {
                        bag.insert(name.to_owned(), value);
                    }
                }
                bag.insert("right".to_owned(), Value::Object(right));
                bag.insert("left".to_owned(), Value::Object(left));
                Some(json::print(&Value::Object(bag)))
            })
        },
    )],
};
