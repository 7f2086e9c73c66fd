//! `totimespan`: a length of time.

use serde_json::Value;

use crate::functions::json;
use crate::functions::prelude::*;

use super::parse_timespan;

pub const FUNCTION: Function = Function {
    name: "totimespan",
    family: Family::Conversion,
    signature: "totimespan(value): timespan",
    doc: "A timespan from its text or from its ticks. Null for anything else.",
    examples: &[
        ("totimespan('1.02:03:04')", "1.02:03:04"),
        ("totimespan('abc')", ""),
    ],
    lower: Lower::By(|call| super::lower_to(call, Type::TimeSpan)),
    kernels: &[
        Kernel::new(
            "kql_totimespan_string",
            Type::TimeSpan,
            |rows| each!(rows, [text value] -> LongOut, parse_timespan(value)),
        ),
        Kernel::new(
            "kql_totimespan_int",
            Type::TimeSpan,
            |rows| each!(rows, [int value] -> LongOut, Some(value.into())),
        ),
        Kernel::new(
            "kql_totimespan_real",
            Type::TimeSpan,
            |rows| each!(rows, [real value] -> LongOut, (!value.is_nan()).then_some(value as i64)),
        ),
        Kernel::new("kql_totimespan_dynamic", Type::TimeSpan, |rows| {
            each!(rows, [json value] -> LongOut, {
                match json::parse(value)? {
                    Value::Number(value) => value.as_i64(),
                    Value::String(value) => parse_timespan(&value),
                    _ => None,
                }
            })
        }),
    ],
};
