//! `replace_strings`: occurrences of several texts replaced.

use crate::functions::json;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "replace_strings",
    family: Family::Text,
    signature: "replace_strings(text: string, lookups: dynamic, rewrites: dynamic): string",
    doc: "The text with every occurrence of a lookup replaced by the rewrite at the same place; earlier lookups go first.",
    examples: &[(
        "replace_strings('a cat', dynamic(['cat', 'a']), dynamic(['dog', 'the']))",
        "the dog",
    )],
    lower: Lower::Convert(&[Type::String, Type::Dynamic, Type::Dynamic]),
    kernels: &[Kernel::new("kql_replace_strings", Type::String, |rows| {
        let mut tables = Memo::empty();
        each!(rows, [text text, json lookups, json rewrites] -> TextOut, {
            let key = format!("{lookups}\u{0}{rewrites}");
            let pairs = tables.get(&key, |_| pairs(lookups, rewrites)).as_ref()?;
            Some(replace(text, pairs))
        })
    })],
};

/// A rewrite that is no text keeps what was found.
fn pairs(lookups: &str, rewrites: &str) -> Option<Vec<(String, String)>> {
    let (lookups, rewrites) = (json::parse_array(lookups)?, json::parse_array(rewrites)?);
    if lookups.len() != rewrites.len() {
        return None;
    }
    let pairs = lookups.iter().zip(&rewrites).map(|(lookup, rewrite)| {
        let lookup = json::text_of_value(lookup);
        let rewrite = rewrite.as_str().unwrap_or(&lookup).to_owned();
        (lookup, rewrite)
    });
    Some(pairs.filter(|(lookup, _)| !lookup.is_empty()).collect())
}

/// Earlier lookups go first over the whole text; what is rewritten is not looked at again.
fn replace(text: &str, pairs: &[(String, String)]) -> String {
    let mut parts: Vec<Part<'_>> = vec![Part::Open(text)];
    for (lookup, rewrite) in pairs {
        let mut next = Vec::with_capacity(parts.len());
        for part in parts {
            let Part::Open(text) = part else {
                next.push(part);
                continue;
            };
            for (index, between) in text.split(lookup.as_str()).enumerate() {
                if index > 0 {
                    next.push(Part::Done(rewrite));
                }
                next.push(Part::Open(between));
            }
        }
        parts = next;
    }
    parts
        .iter()
        .map(|part| match part {
            Part::Open(text) | Part::Done(text) => *text,
        })
        .collect()
}

enum Part<'a> {
    Open(&'a str),
    Done(&'a str),
}
