//! `regex_quote`: a text as a regular expression that matches it.

use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "regex_quote",
    family: Family::Text,
    signature: "regex_quote(text: string): string",
    doc: "The text with every character that means something to a regular expression escaped.",
    examples: &[("regex_quote('(so$me)')", "\\(so\\$me\\)")],
    lower: Lower::Convert(&[Type::String]),
    kernels: &[Kernel::new(
        "kql_regex_quote",
        Type::String,
        |rows| each!(rows, [text value] -> TextOut, Some(::regex::escape(value))),
    )],
};
