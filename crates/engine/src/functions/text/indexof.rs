//! `indexof`: where a text occurs.

use crate::functions::prelude::*;
use crate::functions::text::place;

pub const FUNCTION: Function = Function {
    name: "indexof",
    family: Family::Text,
    signature: "indexof(text: string, lookup: string[, start: long[, length: long[, occurrence: long]]]): long",
    doc: "The place of the first (or given) occurrence in characters from 0, or -1. The search starts at `start` (negative: from the end) and covers `length` characters. Null for an empty lookup or an occurrence below 1.",
    examples: &[
        ("indexof('abcabc', 'a', 2)", "3"),
        ("indexof('abc', 'x')", "-1"),
        ("indexof('abcdefgabcdefg', 'cde', 1, 10, 2)", "9"),
    ],
    lower: Lower::Convert(&[
        Type::String,
        Type::String,
        Type::Long,
        Type::Long,
        Type::Long,
    ]),
    kernels: &[Kernel::new("kql_indexof", Type::Long, |rows| {
        {
            place::run(rows, |place| {
                if place.lookup.is_empty() {
                    return None;
                }
                let mut from = 0;
                let mut left = place.occurrence;
                // Each further occurrence is looked for in a window of the whole length.
                while let Some(found) = place
                    .window_from(from)
                    .and_then(|text| text.find(place.lookup))
                {
                    left -= 1;
                    if left == 0 {
                        return Some(place.at(from + found));
                    }
                    from += found + place.lookup.chars().next().map_or(1, char::len_utf8);
                }
                Some(-1)
            })
        }
    })],
};
