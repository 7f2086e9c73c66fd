//! Values of other types as dynamic values, and `parse_json`.

use crate::functions::format::{datetime_text, decimal_text, timespan_text};
use crate::functions::json;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "parse_json",
    family: Family::Conversion,
    signature: "parse_json(text: string): dynamic",
    doc: "The value that a JSON text stands for. A text that is not JSON stands for itself; the empty \
          text is null.",
    examples: &[
        ("parse_json('{\"a\": [1, 2]}').a", "[1,2]"),
        ("parse_json('not json')", "not json"),
        ("parse_json('null')", ""),
    ],
    lower: Lower::By(lower),
    kernels: &[
        Kernel::new(
            "kql_parse_json",
            Type::Dynamic,
            |rows| each!(rows, [text value] -> JsonOut, json::canonical(value)),
        ),
        Kernel::new(
            "kql_todynamic_string",
            Type::Dynamic,
            |rows| each!(rows, [text value] -> JsonOut, Some(json::quoted(value))),
        ),
        Kernel::new(
            "kql_todynamic_guid",
            Type::Dynamic,
            |rows| each!(rows, [json value] -> JsonOut, Some(json::quoted(value))),
        ),
        Kernel::new(
            "kql_todynamic_bool",
            Type::Dynamic,
            |rows| each!(rows, [bool value] -> JsonOut, Some(if value { "true" } else { "false" })),
        ),
        Kernel::new(
            "kql_todynamic_int",
            Type::Dynamic,
            |rows| each!(rows, [int value] -> JsonOut, Some(value.to_string())),
        ),
        Kernel::new(
            "kql_todynamic_long",
            Type::Dynamic,
            |rows| each!(rows, [long value] -> JsonOut, Some(value.to_string())),
        ),
        Kernel::new(
            "kql_todynamic_real",
            Type::Dynamic,
            |rows| each!(rows, [real value] -> JsonOut, Some(json::print(&json::real(value)))),
        ),
        Kernel::new(
            "kql_todynamic_decimal",
            Type::Dynamic,
            |rows| each!(rows, [decimal value] -> JsonOut, Some(json::quoted(&decimal_text(value)))),
        ),
        Kernel::new(
            "kql_todynamic_datetime",
            Type::Dynamic,
            |rows| each!(rows, [long value] -> JsonOut, Some(json::quoted(&datetime_text(value)))),
        ),
        Kernel::new(
            "kql_todynamic_timespan",
            Type::Dynamic,
            |rows| each!(rows, [long value] -> JsonOut, Some(json::quoted(&timespan_text(value)))),
        ),
    ],
};

fn lower(call_: Call<'_>) -> Result<Expr, Error> {
    match call_.type_of(0) {
        // A dynamic that holds a string is parsed; what is parsed already stays.
        Some(Type::Dynamic) | None => call_.arg(0, Type::Dynamic),
        Some(Type::String) => Ok(call("kql_parse_json", vec![call_.arg(0, Type::String)?])),
        Some(_) => call_.arg(0, Type::Dynamic),
    }
}
