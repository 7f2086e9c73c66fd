//! `replace_string`: all occurrences of a text replaced.

use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "replace_string",
    family: Family::Text,
    signature: "replace_string(text: string, lookup: string, rewrite: string): string",
    doc: "The text with every occurrence of `lookup` replaced.",
    examples: &[("replace_string('aba', 'a', 'XY')", "XYbXY")],
    lower: Lower::Convert(&[Type::String]),
    kernels: &[Kernel::new("kql_replace_string", Type::String, |rows| {
        each!(rows, [text text, text lookup, text rewrite] -> TextOut, {
            if lookup.is_empty() {
                return Some(text.to_owned());
            }
            Some(text.replace(lookup, rewrite))
        })
    })],
};
