//! `matches regex`.

use crate::functions::prelude::*;
use crate::functions::text::regex;

pub const FUNCTION: Function = Function {
    name: "matches regex",
    family: Family::Search,
    signature: "text matches regex pattern",
    doc: "Whether a regular expression (RE2 syntax) matches somewhere in a text.",
    examples: &[("'a1b2' matches regex '[a-z][0-9]'", "true")],
    lower: Lower::Convert(&[Type::String]),
    kernels: &[Kernel::new("kql_matches_regex", Type::Bool, |rows| {
        let mut regexes = Memo::empty();
        each!(rows, [text value, text pattern] -> BoolOut, {
            Some(regexes.get(pattern, regex::compile).as_ref()?.is_match(value))
        })
    })],
};
