//! `trim`: a match cut off both ends of a text.

use crate::functions::prelude::*;
use crate::functions::text::regex;

pub const FUNCTION: Function = Function {
    name: "trim",
    family: Family::Text,
    signature: "trim(pattern: string, text: string): string",
    doc: "The text without the match of the regular expression at both ends.",
    examples: &[("trim('x', 'xxabcxx')", "xabcx")],
    lower: Lower::Convert(&[Type::String]),
    kernels: &[Kernel::new("kql_trim", Type::String, |rows| {
        let mut regexes = Memo::empty();
        each!(rows, [text pattern, text text] -> TextOut, {
            let (start, end) = regexes.get(pattern, |pattern| (regex::at_start(pattern), regex::at_end(pattern)));
            let (start, end) = (start.as_ref()?, end.as_ref()?);
            Some(regex::cut_start(start, regex::cut_end(end, text)))
        })
    })],
};
