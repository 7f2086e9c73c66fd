//! `replace_regex`: matches of a regular expression replaced.

use crate::functions::prelude::*;
use crate::functions::text::regex;

pub const FUNCTION: Function = Function {
    name: "replace_regex",
    family: Family::Text,
    signature: "replace_regex(text: string, pattern: string, rewrite: string): string",
    doc: "The text with every match of the regular expression replaced; `\\\\1` … `\\\\9` in the rewrite stand for the groups, `\\\\0` for the match.",
    examples: &[(
        "replace_regex('one two', @'(\\w+)', @'[\\1]')",
        "[one] [two]",
    )],
    lower: Lower::Convert(&[Type::String]),
    kernels: &[Kernel::new("kql_replace_regex", Type::String, |rows| {
        let mut regexes = Memo::empty();
        let mut rewrites = Memo::empty();
        each!(rows, [text text, text pattern, text rewrite] -> TextOut, {
            let regex = regexes.get(pattern, regex::compile).as_ref()?;
            let rewrite = rewrites.get(rewrite, regex::rewrite);
            Some(regex.replace_all(text, rewrite.as_str()).into_owned())
        })
    })],
};
