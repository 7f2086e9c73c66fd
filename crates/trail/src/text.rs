//! A column of strings in the making.
//!
//! Text goes in a value at a time, straight from the log's bytes; an Arrow string view array comes out. Rows
//! that nothing was pushed for are empty.
//! Values up to 12 bytes lie in the view itself, and a longer value that was seen a moment ago is not stored
//! again: logs repeat themselves, and equal views are also what later steps compare fastest.

use std::sync::Arc;

use arrow_array::{ArrayRef, StringViewArray};
use arrow_buffer::{Buffer, ScalarBuffer};

/// Entries of the memory for repeated values; a power of two.
const RECENT: usize = 64;
/// Values longer than this are not looked up: they hardly repeat.
const RECENT_LENGTH: usize = 256;
const INLINE: usize = 12;

pub(crate) struct TextColumn {
    views: Vec<u128>,
    data: Vec<u8>,
    recent: [u128; RECENT],
    /// How much the last batch took, to start the next with.
    data_before: usize,
}

impl TextColumn {
    pub(crate) fn new() -> Self {
        TextColumn {
            views: Vec::new(),
            data: Vec::new(),
            recent: [0; RECENT],
            data_before: 0,
        }
    }

    /// Appends the value `text[start..end]`, which must be UTF-8, and says how many bytes it took.
    #[inline(always)]
    pub(crate) fn push(&mut self, text: &[u8], start: usize, end: usize) -> usize {
        let length = end - start;
        if length <= INLINE {
            self.views.push(inline_view(text, start, length));
            return 0;
        }
        let value = &text[start..end];
        let head = u32::from_le_bytes([value[0], value[1], value[2], value[3]]);
        let fits = length as u64 | u64::from(head) << 32;
        if length > RECENT_LENGTH {
            return self.store(value, fits).1;
        }
        let place = place_of(value);
        let known = self.recent[place];
        if known as u64 == fits {
            let at = (known >> 96) as usize;
            if equal(&self.data[at..at + length], value) {
                self.views.push(known);
                return 0;
            }
        }
        let (view, stored) = self.store(value, fits);
        self.recent[place] = view;
        stored
    }

    /// Makes the next value that of this row; the rows between are empty.
    #[inline(always)]
    pub(crate) fn reach(&mut self, row: usize) {
        if self.views.len() < row {
            self.views.resize(row, 0);
        }
    }

    #[inline(always)]
    fn store(&mut self, value: &[u8], fits: u64) -> (u128, usize) {
        let view = u128::from(fits) | (self.data.len() as u128) << 96;
        self.data.extend_from_slice(value);
        self.views.push(view);
        (view, value.len())
    }

    /// The finished array of so many rows; the column starts again empty.
    pub(crate) fn take(&mut self, rows: usize) -> ArrayRef {
        self.recent = [0; RECENT];
        self.reach(rows);
        let views = std::mem::take(&mut self.views);
        let data = std::mem::take(&mut self.data);
        self.views.reserve(views.len());
        self.data_before = data.len();
        self.data.reserve(self.data_before + self.data_before / 8);
        let buffers: Vec<Buffer> = if data.is_empty() {
            Vec::new()
        } else {
            vec![Buffer::from_vec(data)]
        };
        // SAFETY: every view was made by `push`: its length, first bytes and place agree with the data, which
        // is under 4 GiB (a batch is closed at `BATCH_BYTES`), and values are UTF-8 by the contract of `push`.
        let array =
            unsafe { StringViewArray::new_unchecked(ScalarBuffer::from(views), buffers, None) };
        Arc::new(array)
    }
}

/// A column that says the same in every row.
pub(crate) fn constant(value: &str, rows: usize) -> ArrayRef {
    let mut column = TextColumn::new();
    column.push(value.as_bytes(), 0, value.len());
    let view = column.views[0];
    column.views = vec![view; rows];
    column.take(rows)
}

#[inline(always)]
fn inline_view(text: &[u8], start: usize, length: usize) -> u128 {
    if let Some(sixteen) = text.get(start..start + 16) {
        let mut bytes = [0; 16];
        bytes.copy_from_slice(sixteen);
        let mask = (1u128 << (8 * length)) - 1;
        return (u128::from_le_bytes(bytes) & mask) << 32 | length as u128;
    }
    let mut bytes = [0; 16];
    bytes[4..4 + length].copy_from_slice(&text[start..start + length]);
    u128::from_le_bytes(bytes) | length as u128
}

/// Whether two texts of one length over 8 are equal, without a call: most are under 64 bytes.
#[inline(always)]
fn equal(a: &[u8], b: &[u8]) -> bool {
    let word = |text: &[u8], at: usize| {
        let mut bytes = [0; 8];
        bytes.copy_from_slice(&text[at..at + 8]);
        u64::from_le_bytes(bytes)
    };
    let last = a.len() - 8;
    let mut at = 0;
    while at < last {
        if word(a, at) != word(b, at) {
            return false;
        }
        at += 8;
    }
    word(a, last) == word(b, last)
}

/// Where a value's entry is among the recent ones.
#[inline(always)]
fn place_of(value: &[u8]) -> usize {
    let word = |at: usize| {
        let mut bytes = [0; 8];
        bytes.copy_from_slice(&value[at..at + 8]);
        u64::from_le_bytes(bytes)
    };
    let (first, middle, last) = (word(0), word(value.len() / 2 - 4), word(value.len() - 8));
    let mixed = (first ^ middle.rotate_left(21) ^ last.rotate_left(42) ^ value.len() as u64)
        .wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed >> 58) as usize
}

#[cfg(test)]
mod tests {
    use arrow_array::Array;
    use arrow_array::cast::AsArray;

    use super::*;

    #[test]
    fn views_hold_what_was_pushed() {
        let mut column = TextColumn::new();
        let values = [
            "",
            "short",
            "exactly12byt",
            "thirteen byte",
            "thirteen byte",
            "naïve café naïve café",
            &"x".repeat(300),
        ];
        for round in 0..3 {
            for value in values {
                // Once with room behind the value and once without, for both ways of making a view.
                let padded = format!("<{value}>................");
                if round == 1 {
                    column.push(value.as_bytes(), 0, value.len());
                } else {
                    column.push(padded.as_bytes(), 1, 1 + value.len());
                }
            }
        }
        let array = column.take(values.len() * 3);
        array.to_data().validate_full().unwrap();
        let array = array.as_string_view();
        let expected: Vec<&str> = values
            .iter()
            .cycle()
            .take(values.len() * 3)
            .copied()
            .collect();
        assert_eq!(
            array.iter().map(Option::unwrap).collect::<Vec<_>>(),
            expected
        );
        assert_eq!(array.data_buffers()[0].len(), 13 + 25 + 3 * 300);
    }
}
