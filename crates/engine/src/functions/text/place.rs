//! What `indexof` and `indexof_regex` share: the part of a text to search, in characters.

use arrow::array::ArrayRef;
use datafusion::common::Result;

use crate::functions::rows::{LongOut, Rows};

/// One search: `window` is the part of the text to be looked at.
pub struct Place<'a> {
    pub lookup: &'a str,
    pub window: &'a str,
    /// The text from the start of the window to its own end.
    pub rest: &'a str,
    /// How long a window is, in characters; below 0, it has no end.
    pub length: i64,
    /// As given, in characters.
    pub start: i64,
    /// From 1.
    pub occurrence: i64,
    /// The characters before the window.
    skipped: i64,
}

impl Place<'_> {
    /// The window that begins at a byte of `rest`.
    pub fn window_from(&self, byte: usize) -> Option<&str> {
        let rest = self.rest.get(byte..)?;
        Some(cut(rest, self.length))
    }

    /// The place in the whole text, in characters, of a byte of the window.
    pub fn at(&self, byte: usize) -> i64 {
        let before = self.rest.get(..byte).map_or(0, |text| text.chars().count());
        self.skipped + i64::try_from(before).unwrap_or(i64::MAX)
    }
}

/// `find` over the arguments (text, lookup[, start[, length[, occurrence]]]).
pub fn run(rows: &Rows<'_>, mut find: impl FnMut(&Place<'_>) -> Option<i64>) -> Result<ArrayRef> {
    let (text, lookup) = (rows.text(0)?, rows.text(1)?);
    let numbers = (2..rows.count())
        .map(|index| rows.long(index))
        .collect::<Result<Vec<_>>>()?;
    let mut out = LongOut::new(rows.len);
    for row in 0..rows.len {
        let number = |index: usize, default| match numbers.get(index) {
            Some(column) => column.get(row).unwrap_or(default),
            None => default,
        };
        let (start, length, occurrence) = (number(0, 0), number(1, -1), number(2, 1));
        out.push(
            place(text.at(row), lookup.at(row), start, length, occurrence)
                .as_ref()
                .and_then(&mut find),
        );
    }
    Ok(out.finish())
}

/// None for what makes the answer null.
fn place<'a>(
    text: &'a str,
    lookup: &'a str,
    start: i64,
    length: i64,
    occurrence: i64,
) -> Option<Place<'a>> {
    if length < -1 || occurrence < 1 {
        return None;
    }
    let skipped = if start < 0 {
        let count = i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
        count.saturating_add(start).max(0)
    } else {
        start
    };
    let from = byte_at(text, skipped);
    let rest = &text[from..];
    Some(Place {
        lookup,
        window: cut(rest, length),
        rest,
        length,
        start,
        occurrence,
        skipped,
    })
}

fn cut(rest: &str, length: i64) -> &str {
    if length < 0 {
        rest
    } else {
        &rest[..byte_at(rest, length)]
    }
}

fn byte_at(text: &str, index: i64) -> usize {
    let index = usize::try_from(index).unwrap_or(usize::MAX);
    if text.is_ascii() {
        return index.min(text.len());
    }
    text.char_indices()
        .nth(index)
        .map_or(text.len(), |(at, _)| at)
}
