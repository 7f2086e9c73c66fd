//! The identity of an event: which records are copies of one another.
//!
//! A record's extent goes in; two hashes come out, one of account and eventID, one of these and the content.
//! The content hash sees neither white space nor the order of members nor how characters are escaped, so a
//! record keeps it when tools re-format it. Objects add up the hashes of their members, arrays chain theirs.

use xxhash_rust::xxh3::xxh3_128;

use crate::json::{Window, unescape};
use crate::limits::MAX_DEPTH;
use crate::read::EventIdentity;

const K0: u64 = 0xa076_1d64_78bd_642f;
const K1: u64 = 0xe703_7ed1_a0b4_28db;
const K2: u64 = 0x8ebc_6af0_9c88_c6e3;
const K3: u64 = 0x5899_65cc_7537_4cc3;

/// Buffers that are used again from record to record.
pub(crate) struct Content {
    stack: Vec<Frame>,
    scratch: Vec<u8>,
}

#[derive(Clone, Copy)]
struct Frame {
    /// The sum over members, or the chain over elements.
    state: u128,
    /// The hash of the member's name that the next value belongs to.
    name: u64,
    in_object: bool,
}

impl Content {
    pub(crate) fn new() -> Self {
        Content {
            stack: Vec::with_capacity(MAX_DEPTH),
            scratch: Vec::new(),
        }
    }

    /// The identity of the record whose brackets are the tokens `first` and `end - 1`.
    pub(crate) fn identity(
        &mut self,
        window: &Window<'_>,
        first: usize,
        end: usize,
        account: &[u8],
        event_id: &[u8],
    ) -> EventIdentity {
        let content = self.hash(window, &window.index.tokens[first..end]);
        let id = id_hash(account, event_id);
        let mixed = (content ^ id.rotate_left(64)).to_le_bytes();
        EventIdentity {
            event: xxh3_128(&mixed),
            id: if event_id.is_empty() { 0 } else { id },
        }
    }

    fn hash(&mut self, window: &Window<'_>, tokens: &[u32]) -> u128 {
        self.stack.clear();
        let mut top = Frame {
            state: 0,
            name: 0,
            in_object: false,
        };
        // Whether the next string is a member's name.
        let mut name_next = false;
        let mut at = 0;
        let mut behind = tokens.first().map_or(0, |position| *position as usize);
        while let Some(position) = tokens.get(at) {
            let position = *position as usize;
            // What stands between tokens: nothing but `,`, `:` and blanks, or numbers, true, false, null.
            if position > behind + 1
                || (position == behind + 1 && !matches!(window.text[behind], b',' | b':'))
            {
                self.between(&window.text[behind..position], &mut top, &mut name_next);
            } else if position == behind + 1 && window.text[behind] == b',' {
                name_next = top.in_object;
            }
            match window.text[position] {
                b'"' => {
                    let Some(close) = tokens.get(at + 1) else {
                        break;
                    };
                    let close = *close as usize;
                    let hash = self.string(window, position + 1, close);
                    if name_next {
                        top.name = hash;
                        name_next = false;
                    } else {
                        top.add(u128::from(hash));
                    }
                    behind = close + 1;
                    at += 2;
                    continue;
                }
                bracket @ (b'{' | b'[') => {
                    self.stack.push(top);
                    top = Frame {
                        state: u128::from(bracket),
                        name: 0,
                        in_object: bracket == b'{',
                    };
                    name_next = top.in_object;
                }
                _ => {
                    let state = top.state;
                    match self.stack.pop() {
                        Some(outer) => top = outer,
                        None => break,
                    }
                    top.add(state);
                    name_next = false;
                }
            }
            behind = position + 1;
            at += 1;
        }
        top.state
    }

    /// Takes in the text between two tokens.
    fn between(&mut self, text: &[u8], top: &mut Frame, name_next: &mut bool) {
        for (place, part) in text.split(|byte| *byte == b',').enumerate() {
            // The first part belongs to the value before the comma, the last to the next member.
            *name_next |= place > 0 && top.in_object;
            let part = part.trim_ascii();
            let part = part.strip_prefix(b":").unwrap_or(part).trim_ascii();
            if !part.is_empty() {
                top.add(u128::from(hash_bytes(part, K3)));
            }
        }
    }

    #[inline(always)]
    fn string(&mut self, window: &Window<'_>, start: usize, end: usize) -> u64 {
        if window.has_escape(start, end) {
            self.scratch.clear();
            unescape(&window.text[start..end], &mut self.scratch);
            return hash_bytes(&self.scratch, K0);
        }
        hash_bytes(&window.text[start..end], K0)
    }
}

impl Frame {
    #[inline(always)]
    fn add(&mut self, value: u128) {
        let folded = value as u64 ^ ((value >> 64) as u64).rotate_left(32);
        if self.in_object {
            self.state = self.state.wrapping_add(wide(folded ^ K1, self.name ^ K2));
        } else {
            self.state = wide(
                folded ^ self.state as u64 ^ K1,
                (self.state >> 64) as u64 ^ K2,
            );
        }
    }
}

/// The hash by which an event is found again; records without an eventID have none.
pub(crate) fn id_hash(account: &[u8], event_id: &[u8]) -> u128 {
    let mut both = [0u8; 128];
    let length = account.len() + 1 + event_id.len();
    if let Some(buffer) = both.get_mut(..length) {
        buffer[..account.len()].copy_from_slice(account);
        buffer[account.len() + 1..].copy_from_slice(event_id);
        return xxh3_128(buffer);
    }
    xxh3_128(&[account, &[0], event_id].concat())
}

#[inline(always)]
fn wide(a: u64, b: u64) -> u128 {
    u128::from(a) * u128::from(b)
}

#[inline(always)]
fn fold(a: u64, b: u64) -> u64 {
    let product = wide(a, b);
    product as u64 ^ (product >> 64) as u64
}

/// A quick hash of short texts, by folded multiplication.
#[inline(always)]
fn hash_bytes(bytes: &[u8], seed: u64) -> u64 {
    let word = |at: usize| {
        let mut eight = [0; 8];
        eight.copy_from_slice(&bytes[at..at + 8]);
        u64::from_le_bytes(eight)
    };
    let half = |at: usize| {
        let mut four = [0; 4];
        four.copy_from_slice(&bytes[at..at + 4]);
        u64::from(u32::from_le_bytes(four))
    };
    let length = bytes.len();
    let (a, b) = match length {
        0 => (0, 0),
        1..=3 => (
            u64::from(bytes[0]) << 16
                | u64::from(bytes[length / 2]) << 8
                | u64::from(bytes[length - 1]),
            0,
        ),
        4..=7 => (half(0), half(length - 4)),
        8..=16 => (word(0), word(length - 8)),
        _ => {
            let mut state = seed;
            let mut at = 0;
            while at + 16 < length {
                state = fold(word(at) ^ K1, word(at + 8) ^ state);
                at += 16;
            }
            return fold(
                state ^ K2 ^ length as u64,
                fold(word(length - 16) ^ K1, word(length - 8) ^ state),
            );
        }
    };
    fold(seed ^ K2 ^ length as u64, fold(a ^ K1, b ^ seed))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::Index;

    fn hash(text: &str) -> u128 {
        let mut index = Index::default();
        index.build(text.as_bytes());
        let window = Window {
            text: text.as_bytes(),
            index: &index,
            utf8: true,
            session_token: false,
        };
        Content::new().hash(&window, &index.tokens)
    }

    #[test]
    fn layout_order_and_escapes_do_not_count() {
        let plain = hash(r#"{"a":"<x>","b":{"c":1,"d":[1,"two",null]},"e":true}"#);
        for same in [
            r#"{"e":true,"b":{"d":[1,"two",null],"c":1},"a":"<x>"}"#,
            "{ \"a\" : \"\\u003cx\\u003e\" ,\n\t\"b\": {\"c\": 1, \"d\": [ 1 , \"two\" , null ] } , \"e\" : true }",
        ] {
            assert_eq!(hash(same), plain, "{same}");
        }
    }

    #[test]
    fn content_counts() {
        let texts = [
            r#"{"a":"x","b":"y"}"#,
            r#"{"a":"y","b":"x"}"#,
            r#"{"a":"x","b":"y","c":null}"#,
            r#"{"a":{"b":"y"}}"#,
            r#"{"a":"x"}"#,
            r#"{"b":"y"}"#,
            r#"{"a":["x","y"]}"#,
            r#"{"a":["y","x"]}"#,
            r#"{"a":[1,2]}"#,
            r#"{"a":[2,1]}"#,
            r#"{"a":["1","2"]}"#,
            r#"{"a":[12]}"#,
            r#"{"a":[[1],2]}"#,
            r#"{"a":[]}"#,
            r#"{"a":{}}"#,
            r#"{"a":""}"#,
            r#"{"a":null}"#,
            r#"{"a":1,"b":2}"#,
            r#"{"a":2,"b":1}"#,
            r#"{"a":{"x":1},"b":{"x":2}}"#,
            r#"{"a":{"x":2},"b":{"x":1}}"#,
            r#"{}"#,
        ];
        for (place, a) in texts.iter().enumerate() {
            for b in &texts[..place] {
                assert_ne!(hash(a), hash(b), "{a} {b}");
            }
        }
    }
}
