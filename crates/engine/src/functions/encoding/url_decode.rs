//! `url_decode`: a text from a URL.

use super::percent;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "url_decode",
    family: Family::Encoding,
    signature: "url_decode(text: string): string",
    doc: "The text with every `%xx` as the byte that it stands for.",
    examples: &[(
        "url_decode('https%3a%2f%2fexample.com%2f')",
        "https://example.com/",
    )],
    lower: Lower::Convert(&[Type::String]),
    kernels: &[Kernel::new(
        "kql_url_decode",
        Type::String,
        |rows| each!(rows, [text value] -> TextOut, Some(percent::decode(value))),
    )],
};
