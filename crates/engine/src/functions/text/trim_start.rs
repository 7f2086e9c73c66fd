//! `trim_start`: a match cut off the start of a text.

use crate::functions::prelude::*;
use crate::functions::text::regex;

pub const FUNCTION: Function = Function {
    name: "trim_start",
    family: Family::Text,
    signature: "trim_start(pattern: string, text: string): string",
    doc: "The text without the match of the regular expression at the start.",
    examples: &[(
        "trim_start('https://', 'https://example.com')",
        "example.com",
    )],
    lower: Lower::Convert(&[Type::String]),
    kernels: &[Kernel::new("kql_trim_start", Type::String, |rows| {
        let mut regexes = Memo::empty();
        each!(rows, [text pattern, text text] -> TextOut, {
            let start = regexes.get(pattern, regex::at_start).as_ref()?;
            Some(regex::cut_start(start, text))
        })
    })],
};
