//! `url_encode_component`: a text as a part of a URL.

use super::percent;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "url_encode_component",
    family: Family::Encoding,
    signature: "url_encode_component(text: string): string",
    doc: "The text with everything but letters, digits and `-_.!*()` as `%xx`, blanks too.",
    examples: &[(
        "url_encode_component('https://example.com/a b')",
        "https%3a%2f%2fexample.com%2fa%20b",
    )],
    lower: Lower::Convert(&[Type::String]),
    kernels: &[Kernel::new(
        "kql_url_encode_component",
        Type::String,
        |rows| each!(rows, [text value] -> TextOut, Some(percent::encode(value, "%20"))),
    )],
};
