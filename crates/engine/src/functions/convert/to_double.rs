//! `todouble`: a real.

use serde_json::Value;

use crate::functions::civil::TICKS_BEFORE_1970;
use crate::functions::json;
use crate::functions::kernel::DECIMAL_ONE;
use crate::functions::prelude::*;

use super::parse_real;

pub const FUNCTION: Function = Function {
    name: "todouble",
    family: Family::Conversion,
    signature: "todouble(value): real",
    doc: "A real from a number, a truth value, a text, or the ticks of a datetime or timespan. Null \
          for anything else.",
    examples: &[("todouble('1.5e3')", "1500.0"), ("todouble('1,234')", "")],
    lower: Lower::By(|call| super::lower_to(call, Type::Real)),
    kernels: &[
        Kernel::new(
            "kql_toreal_string",
            Type::Real,
            |rows| each!(rows, [text value] -> RealOut, parse_real(value)),
        ),
        Kernel::new("kql_toreal_datetime", Type::Real, |rows| {
            each!(rows, [long value] -> RealOut, {
                value.checked_add(TICKS_BEFORE_1970).map(|ticks| ticks as f64)
            })
        }),
        Kernel::new(
            "kql_toreal_timespan",
            Type::Real,
            |rows| each!(rows, [long value] -> RealOut, Some(value as f64)),
        ),
        Kernel::new(
            "kql_toreal_decimal",
            Type::Real,
            |rows| each!(rows, [decimal value] -> RealOut, Some(value as f64 / DECIMAL_ONE as f64)),
        ),
        Kernel::new("kql_toreal_dynamic", Type::Real, |rows| {
            each!(rows, [json value] -> RealOut, {
                match json::parse(value)? {
                    Value::Bool(value) => Some(f64::from(u8::from(value))),
                    Value::Number(value) => value.as_f64(),
                    Value::String(value) => parse_real(&value),
                    _ => None,
                }
            })
        }),
    ],
};
