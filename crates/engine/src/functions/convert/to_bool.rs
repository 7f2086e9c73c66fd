//! `tobool`: a truth value.

use serde_json::Value;

use crate::functions::json;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "tobool",
    family: Family::Conversion,
    signature: "tobool(value): bool",
    doc: "`true` and `false` in any case, and numbers: zero is false. Null for anything else.",
    examples: &[
        ("tobool('True')", "true"),
        ("tobool(0)", "false"),
        ("tobool('yes')", ""),
    ],
    lower: Lower::By(|call| super::lower_to(call, Type::Bool)),
    kernels: &[
        Kernel::new(
            "kql_tobool_string",
            Type::Bool,
            |rows| each!(rows, [text value] -> BoolOut, parse_bool(value)),
        ),
        Kernel::new(
            "kql_tobool_long",
            Type::Bool,
            |rows| each!(rows, [long value] -> BoolOut, Some(value != 0)),
        ),
        Kernel::new(
            "kql_tobool_int",
            Type::Bool,
            |rows| each!(rows, [int value] -> BoolOut, Some(value != 0)),
        ),
        Kernel::new(
            "kql_tobool_real",
            Type::Bool,
            |rows| each!(rows, [real value] -> BoolOut, Some(value != 0.0)),
        ),
        Kernel::new(
            "kql_tobool_decimal",
            Type::Bool,
            |rows| each!(rows, [decimal value] -> BoolOut, Some(value != 0)),
        ),
        Kernel::new("kql_tobool_dynamic", Type::Bool, |rows| {
            each!(rows, [json value] -> BoolOut, {
                match json::parse(value)? {
                    Value::Bool(value) => Some(value),
                    Value::Number(value) => value.as_f64().map(|value| value != 0.0),
                    Value::String(value) => parse_bool(&value),
                    _ => None,
                }
            })
        }),
    ],
};

pub fn parse_bool(text: &str) -> Option<bool> {
    let text = text.trim();
    if text.eq_ignore_ascii_case("true") {
        return Some(true);
    }
    if text.eq_ignore_ascii_case("false") {
        return Some(false);
    }
    text.parse::<i64>().ok().map(|number| number != 0)
}
