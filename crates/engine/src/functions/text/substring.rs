//! `substring`: a part of a text.

use crate::functions::prelude::*;
use crate::functions::rows::TextOut;

pub const FUNCTION: Function = Function {
    name: "substring",
    family: Family::Text,
    signature: "substring(text: string, start: long[, length: long]): string",
    doc: "The characters from `start` (negative: from the end), all or `length` of them.",
    examples: &[
        ("substring('abcdef', 1, 3)", "bcd"),
        ("substring('abcdef', -2)", "ef"),
        ("substring('abc', 5)", ""),
    ],
    lower: Lower::Convert(&[Type::String, Type::Long, Type::Long]),
    kernels: &[Kernel::new("kql_substring", Type::String, |rows| {
        let (text, start) = (rows.text(0)?, rows.long(1)?);
        let length = if rows.count() > 2 {
            Some(rows.long(2)?)
        } else {
            None
        };
        let mut out = TextOut::new(rows.len);
        for row in 0..rows.len {
            let length = match &length {
                Some(length) => length.get(row),
                None => Some(i64::MAX),
            };
            out.push(
                start
                    .get(row)
                    .zip(length)
                    .map(|(start, length)| substring(text.at(row), start, length)),
            );
        }
        Ok(out.finish())
    })],
};

/// A start before the text leaves nothing.
fn substring(text: &str, start: i64, length: i64) -> &str {
    if length <= 0 {
        return "";
    }
    let start = if start < 0 {
        let count = i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
        if start < -count {
            return "";
        }
        count + start
    } else {
        start
    };
    let start = usize::try_from(start).unwrap_or(usize::MAX);
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    let from = byte_at(text, start);
    let to = from + byte_at(&text[from..], length);
    &text[from..to]
}

/// Where character `index` starts; the end where there are fewer.
fn byte_at(text: &str, index: usize) -> usize {
    if text.is_ascii() {
        return index.min(text.len());
    }
    text.char_indices()
        .nth(index)
        .map_or(text.len(), |(at, _)| at)
}
