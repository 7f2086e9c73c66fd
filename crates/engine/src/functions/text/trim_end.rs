//! `trim_end`: a match cut off the end of a text.

use crate::functions::prelude::*;
use crate::functions::text::regex;

pub const FUNCTION: Function = Function {
    name: "trim_end",
    family: Family::Text,
    signature: "trim_end(pattern: string, text: string): string",
    doc: "The text without the match of the regular expression at the end.",
    examples: &[("trim_end(@'\\s+', 'a  ')", "a")],
    lower: Lower::Convert(&[Type::String]),
    kernels: &[Kernel::new("kql_trim_end", Type::String, |rows| {
        let mut regexes = Memo::empty();
        each!(rows, [text pattern, text text] -> TextOut, {
            let end = regexes.get(pattern, regex::at_end).as_ref()?;
            Some(regex::cut_end(end, text))
        })
    })],
};
