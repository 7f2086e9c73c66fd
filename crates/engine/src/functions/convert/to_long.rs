//! `tolong`: a 64-bit integer.

use serde_json::Value;

use crate::functions::civil::TICKS_BEFORE_1970;
use crate::functions::json;
use crate::functions::kernel::DECIMAL_ONE;
use crate::functions::prelude::*;

use super::parse_long;

pub const FUNCTION: Function = Function {
    name: "tolong",
    family: Family::Conversion,
    signature: "tolong(value): long",
    doc: "Reals lose their fraction; text must be a whole number, decimal or `0x…`; a datetime gives \
          the ticks since year 1, a timespan its ticks. Null for anything else.",
    examples: &[
        ("tolong('0x10')", "16"),
        ("tolong(-9.99)", "-9"),
        ("tolong(1d)", "864000000000"),
    ],
    lower: Lower::By(|call| super::lower_to(call, Type::Long)),
    kernels: &[
        Kernel::new(
            "kql_tolong_string",
            Type::Long,
            |rows| each!(rows, [text value] -> LongOut, parse_long(value)),
        ),
        Kernel::new(
            "kql_tolong_datetime",
            Type::Long,
            |rows| each!(rows, [long value] -> LongOut, value.checked_add(TICKS_BEFORE_1970)),
        ),
        Kernel::new(
            "kql_tolong_real",
            Type::Long,
            |rows| each!(rows, [real value] -> LongOut, (!value.is_nan()).then_some(value as i64)),
        ),
        Kernel::new(
            "kql_tolong_decimal",
            Type::Long,
            |rows| each!(rows, [decimal value] -> LongOut, i64::try_from(value / DECIMAL_ONE).ok()),
        ),
        Kernel::new("kql_tolong_dynamic", Type::Long, |rows| {
            each!(rows, [json value] -> LongOut, {
                if let Ok(value) = value.parse::<i64>() {
                    return Some(value);
                }
                match json::parse(value)? {
                    Value::Bool(value) => Some(i64::from(value)),
                    Value::Number(value) => value.as_f64().map(|value| value as i64),
                    Value::String(value) => parse_long(&value),
                    _ => None,
                }
            })
        }),
    ],
};
