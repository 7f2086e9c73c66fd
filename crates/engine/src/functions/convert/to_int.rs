//! `toint`: a 32-bit integer.

use serde_json::Value;

use crate::functions::json;
use crate::functions::kernel::DECIMAL_ONE;
use crate::functions::prelude::*;

use super::parse_long;

pub const FUNCTION: Function = Function {
    name: "toint",
    family: Family::Conversion,
    signature: "toint(value): int",
    doc: "Reals lose their fraction; text must be a whole number, decimal or `0x…`. Null for anything else.",
    examples: &[
        ("toint('0xFF')", "255"),
        ("toint(-2.9)", "-2"),
        ("toint('5.9')", ""),
    ],
    lower: Lower::By(|call| super::lower_to(call, Type::Int)),
    kernels: &[
        Kernel::new(
            "kql_toint_string",
            Type::Int,
            |rows| each!(rows, [text value] -> IntOut, i32::try_from(parse_long(value)?).ok()),
        ),
        Kernel::new(
            "kql_toint_long",
            Type::Int,
            |rows| each!(rows, [long value] -> IntOut, Some(value as i32)),
        ),
        Kernel::new(
            "kql_toint_datetime",
            Type::Int,
            |rows| each!(rows, [long value] -> IntOut, i32::try_from(value).ok()),
        ),
        Kernel::new(
            "kql_toint_timespan",
            Type::Int,
            |rows| each!(rows, [long value] -> IntOut, i32::try_from(value).ok()),
        ),
        Kernel::new(
            "kql_toint_real",
            Type::Int,
            |rows| each!(rows, [real value] -> IntOut, (!value.is_nan()).then_some(value as i32)),
        ),
        Kernel::new(
            "kql_toint_decimal",
            Type::Int,
            |rows| each!(rows, [decimal value] -> IntOut, i32::try_from(value / DECIMAL_ONE).ok()),
        ),
        Kernel::new("kql_toint_dynamic", Type::Int, |rows| {
            each!(rows, [json value] -> IntOut, {
                if let Ok(value) = value.parse::<i64>() {
                    return Some(value as i32);
                }
                match json::parse(value)? {
                    Value::Bool(value) => Some(i32::from(value)),
                    Value::Number(value) => value.as_f64().map(|value| value as i32),
                    Value::String(value) => i32::try_from(parse_long(&value)?).ok(),
                    _ => None,
                }
            })
        }),
    ],
};
