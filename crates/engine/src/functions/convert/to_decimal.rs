//! `todecimal`: a decimal number.

use serde_json::Value;

use crate::functions::format::real_text;
use crate::functions::json;
use crate::functions::kernel::DECIMAL_ONE;
use crate::functions::prelude::*;

use super::parse_decimal;

pub const FUNCTION: Function = Function {
    name: "todecimal",
    family: Family::Conversion,
    signature: "todecimal(value): decimal",
    doc: "A decimal from a number, a truth value or a text; 10 digits after the point are kept. Null \
          for anything else.",
    examples: &[
        ("todecimal('3.14159')", "3.14159"),
        ("todecimal('abc')", ""),
    ],
    lower: Lower::By(|call| super::lower_to(call, Type::Decimal)),
    kernels: &[
        Kernel::new(
            "kql_todecimal_string",
            Type::Decimal,
            |rows| each!(rows, [text value] -> DecimalOut, parse_decimal(value)),
        ),
        Kernel::new(
            "kql_todecimal_bool",
            Type::Decimal,
            |rows| each!(rows, [bool value] -> DecimalOut, Some(if value { DECIMAL_ONE } else { 0 })),
        ),
        Kernel::new(
            "kql_todecimal_real",
            Type::Decimal,
            |rows| each!(rows, [real value] -> DecimalOut, parse_decimal(&real_text(value))),
        ),
        Kernel::new("kql_todecimal_dynamic", Type::Decimal, |rows| {
            each!(rows, [json value] -> DecimalOut, {
                match json::parse(value)? {
                    Value::Bool(value) => Some(if value { DECIMAL_ONE } else { 0 }),
                    Value::Number(value) => parse_decimal(&value.to_string()),
                    Value::String(value) => parse_decimal(&value),
                    _ => None,
                }
            })
        }),
    ],
};
