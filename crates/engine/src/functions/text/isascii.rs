//! `isascii`: whether a text is ASCII.

use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "isascii",
    family: Family::Text,
    signature: "isascii(text: string): bool",
    doc: "Whether all characters are ASCII.",
    examples: &[("isascii('é')", "false")],
    lower: Lower::Convert(&[Type::String]),
    kernels: &[Kernel::new(
        "kql_isascii",
        Type::Bool,
        |rows| each!(rows, [text value] -> BoolOut, Some(value.is_ascii())),
    )],
};
