//! `translate`: characters exchanged.

use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "translate",
    family: Family::Text,
    signature: "translate(search: string, replacement: string, text: string): string",
    doc: "The text with every character of `search` exchanged for the one at the same place of `replacement`, whose last character stands for all that are missing.",
    examples: &[("translate('abc', 'x', 'abcd')", "xxxd")],
    lower: Lower::Convert(&[Type::String]),
    kernels: &[Kernel::new("kql_translate", Type::String, |rows| {
        each!(rows, [text search, text replacement, text text] -> TextOut, {
            let to: Vec<char> = replacement.chars().collect();
            let exchange = |c: char| match search.chars().position(|from| from == c) {
                Some(at) => to.get(at).or(to.last()).copied(),
                None => Some(c),
            };
            Some(text.chars().filter_map(exchange).collect::<String>())
        })
    })],
};
