//! `isutf8`: whether a text is UTF-8.

use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "isutf8",
    family: Family::Text,
    signature: "isutf8(text: string): bool",
    doc: "Whether a text is valid UTF-8, as every text here is.",
    examples: &[("isutf8('é')", "true")],
    lower: Lower::Convert(&[Type::String]),
    kernels: &[Kernel::new(
        "kql_isutf8",
        Type::Bool,
        |rows| each!(rows, [text _value] -> BoolOut, Some(true)),
    )],
};
