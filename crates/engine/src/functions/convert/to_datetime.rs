//! `todatetime`: an instant.

use serde_json::Value;

use crate::functions::civil::{TICKS_BEFORE_1970, in_range};
use crate::functions::json;
use crate::functions::prelude::*;

use super::parse_datetime;

pub const FUNCTION: Function = Function {
    name: "todatetime",
    family: Family::Conversion,
    signature: "todatetime(value): datetime",
    doc: "An instant from its text, or from the ticks since year 1. Null for anything else.",
    examples: &[
        (
            "todatetime('2020-06-15 13:45:09')",
            "2020-06-15T13:45:09.0000000Z",
        ),
        ("todatetime('nope')", ""),
    ],
    lower: Lower::By(|call| super::lower_to(call, Type::DateTime)),
    kernels: &[
        Kernel::new(
            "kql_todatetime_string",
            Type::DateTime,
            |rows| each!(rows, [text value] -> LongOut, parse_datetime(value)),
        ),
        Kernel::new(
            "kql_todatetime_long",
            Type::DateTime,
            |rows| each!(rows, [long value] -> LongOut, from_ticks(value)),
        ),
        Kernel::new(
            "kql_todatetime_int",
            Type::DateTime,
            |rows| each!(rows, [int value] -> LongOut, from_ticks(value.into())),
        ),
        Kernel::new(
            "kql_todatetime_real",
            Type::DateTime,
            |rows| each!(rows, [real value] -> LongOut, from_ticks(value as i64)),
        ),
        Kernel::new("kql_todatetime_dynamic", Type::DateTime, |rows| {
            each!(rows, [json value] -> LongOut, {
                match json::parse(value)? {
                    Value::Number(value) => from_ticks(value.as_i64()?),
                    Value::String(value) => parse_datetime(&value),
                    _ => None,
                }
            })
        }),
    ],
};

fn from_ticks(ticks: i64) -> Option<i64> {
    in_range(i128::from(ticks) - i128::from(TICKS_BEFORE_1970))
}
