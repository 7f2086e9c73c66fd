//! `url_encode`: a text as a part of a query.

use super::percent;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "url_encode",
    family: Family::Encoding,
    signature: "url_encode(text: string): string",
    doc: "The text with everything but letters, digits and `-_.!*()` as `%xx`, blanks as `+`.",
    examples: &[(
        "url_encode('https://example.com/a b')",
        "https%3a%2f%2fexample.com%2fa+b",
    )],
    lower: Lower::Convert(&[Type::String]),
    kernels: &[Kernel::new(
        "kql_url_encode",
        Type::String,
        |rows| each!(rows, [text value] -> TextOut, Some(percent::encode(value, "+"))),
    )],
};
