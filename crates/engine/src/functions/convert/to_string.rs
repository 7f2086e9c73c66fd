//! `tostring`: the text of a value.

use crate::functions::format::{bool_text, datetime_text, decimal_text, real_text, timespan_text};
use crate::functions::json;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "tostring",
    family: Family::Conversion,
    signature: "tostring(value): string",
    doc: "The canonical text of a value. Null gives the empty string.",
    examples: &[
        ("tostring(1.5)", "1.5"),
        ("tostring(true)", "True"),
        ("tostring(1d)", "1.00:00:00"),
        ("tostring(dynamic({'a': 1}))", "{\"a\":1}"),
    ],
    lower: Lower::By(|call| super::lower_to(call, Type::String)),
    kernels: &[
        Kernel::new(
            "kql_tostring_bool",
            Type::String,
            |rows| each!(rows, [bool value] -> TextOut, Some(bool_text(value))),
        ),
        Kernel::new(
            "kql_tostring_int",
            Type::String,
            |rows| each!(rows, [int value] -> TextOut, Some(value.to_string())),
        ),
        Kernel::new(
            "kql_tostring_long",
            Type::String,
            |rows| each!(rows, [long value] -> TextOut, Some(value.to_string())),
        ),
        Kernel::new(
            "kql_tostring_real",
            Type::String,
            |rows| each!(rows, [real value] -> TextOut, Some(real_text(value))),
        ),
        Kernel::new(
            "kql_tostring_decimal",
            Type::String,
            |rows| each!(rows, [decimal value] -> TextOut, Some(decimal_text(value))),
        ),
        Kernel::new(
            "kql_tostring_datetime",
            Type::String,
            |rows| each!(rows, [long value] -> TextOut, Some(datetime_text(value))),
        ),
        Kernel::new(
            "kql_tostring_timespan",
            Type::String,
            |rows| each!(rows, [long value] -> TextOut, Some(timespan_text(value))),
        ),
        Kernel::new(
            "kql_tostring_guid",
            Type::String,
            |rows| each!(rows, [text value] -> TextOut, Some(value)),
        ),
        Kernel::new(
            "kql_tostring_dynamic",
            Type::String,
            |rows| each!(rows, [json value] -> TextOut, Some(json::text_of(value))),
        ),
    ],
};
