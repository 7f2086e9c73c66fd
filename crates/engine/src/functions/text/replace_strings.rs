//! `replace_strings`: occurrences of several texts replaced.

use crate::functions::json;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "replace_strings",
    family: Family::Text,
    signature: "replace_strings(text: string, lookups: dynamic, rewrites: dynamic): string",
    doc: "The text with every occurrence of a lookup replaced by the rewrite at the same place; where several lookups fit, the first is taken.",
    examples: &[(
        "replace_strings('a cat', dynamic(['cat', 'a']), dynamic(['dog', 'the']))",
        "the dog",
    )],
    lower: Lower::Convert(&[Type::String, Type::Dynamic, Type::Dynamic]),
    kernels: &[Kernel::new("kql_replace_strings", Type::String, |rows| {
        let mut tables = Memo::new();
        each!(rows, [text text, json lookups, json rewrites] -> TextOut, {
            let key = format!("{lookups}\u{0}{rewrites}");
            let (lookups, rewrites) = tables.get(&key, |_| (texts(lookups), texts(rewrites)));
            (lookups.len() == rewrites.len()).then(|| replace(text, lookups, rewrites))
        })
    })],
};

fn texts(array: &str) -> Vec<String> {
    json::parse_array(array)
        .unwrap_or_default()
        .iter()
        .map(json::text_of_value)
        .collect()
}

fn replace(text: &str, lookups: &[String], rewrites: &[String]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let found = lookups
            .iter()
            .position(|lookup| !lookup.is_empty() && rest.starts_with(lookup.as_str()));
        if let Some(found) = found {
            out.push_str(&rewrites[found]);
            rest = &rest[lookups[found].len()..];
            continue;
        }
        let mut chars = rest.chars();
        out.extend(chars.next());
        rest = chars.as_str();
    }
    out
}
