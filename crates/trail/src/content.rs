//! The identity of an event: which records are copies of one another.
//!
//! A record's extent goes in; two hashes come out, one of account and eventID, one of these and the content.
//! The content hash sees neither white space nor the order of members nor how characters are escaped, so a
//! record keeps it when tools re-format it. Objects add up the hashes of their members, arrays chain theirs.
//! Whoever knows that nothing was re-formatted takes the hash of the bytes, which is quicker.

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
    /// Whether the name of the next value is known: only inside objects.
    has_name: bool,
}

/// What tells a number or `true` from a string of the same letters.
const SCALAR: u128 = 0x5851_f42d_4c95_7f2d;

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
        let (Some(first), Some(last)) = (tokens.first(), tokens.last()) else {
            return 0;
        };
        let text = window.text;
        let escapes = window
            .index
            .backslash
            .any(*first as usize, *last as usize + 1);
        self.stack.clear();
        let mut top = Frame {
            state: 0,
            name: 0,
            in_object: false,
            has_name: false,
        };
        let mut at = 0;
        let mut behind = *first as usize;
        while at < tokens.len() {
            let position = tokens[at] as usize;
            // Between tokens stands nothing but `,` or `:`, or else blanks, numbers, true, false, null.
            let gap = position - behind;
            if gap > 1 || (gap == 1 && !matches!(text[behind], b',' | b':')) {
                top.between(&text[behind..position]);
            }
            match text[position] {
                b'"' => {
                    let Some(close) = tokens.get(at + 1) else {
                        break;
                    };
                    let close = *close as usize;
                    let hash = if escapes {
                        self.string(window, position + 1, close)
                    } else {
                        hash_short(text, position + 1, close)
                    };
                    if top.in_object && !top.has_name {
                        top.name = hash;
                        top.has_name = true;
                    } else {
                        top.add(u128::from(hash));
                    }
                    behind = close + 1;
                    at += 2;
                }
                bracket @ (b'{' | b'[') => {
                    self.stack.push(top);
                    top = Frame {
                        state: u128::from(bracket),
                        name: 0,
                        in_object: bracket == b'{',
                        has_name: false,
                    };
                    behind = position + 1;
                    at += 1;
                }
                _ => {
                    let state = top.state;
                    match self.stack.pop() {
                        Some(outer) => top = outer,
                        None => break,
                    }
                    top.add(state);
                    behind = position + 1;
                    at += 1;
                }
            }
        }
        top.state
    }

    fn string(&mut self, window: &Window<'_>, start: usize, end: usize) -> u64 {
        if window.has_escape(start, end) {
            self.scratch.clear();
            unescape(&window.text[start..end], &mut self.scratch);
            return hash_short(&self.scratch, 0, self.scratch.len());
        }
        hash_short(window.text, start, end)
    }
}

impl Frame {
    /// Takes in the text between two tokens: blanks, and values that are no strings.
    fn between(&mut self, text: &[u8]) {
        for part in text.split(|byte| *byte == b',') {
            let part = part.trim_ascii();
            let part = part.strip_prefix(b":").unwrap_or(part).trim_ascii();
            if !part.is_empty() {
                // Told apart from the string of the same letters.
                self.add(u128::from(hash_short(part, 0, part.len())) ^ SCALAR);
            }
        }
    }

    #[inline(always)]
    fn add(&mut self, value: u128) {
        let folded = value as u64 ^ ((value >> 64) as u64).rotate_left(32);
        if self.in_object {
            self.state = self.state.wrapping_add(wide(folded ^ K1, self.name ^ K2));
            self.has_name = false;
        } else {
            self.state = wide(
                folded ^ self.state as u64 ^ K1,
                (self.state >> 64) as u64 ^ K2,
            );
        }
    }
}

/// The identity of a record with an eventID by its bytes alone.
pub(crate) fn identity_of_bytes(record: &[u8], account: &[u8], event_id: &[u8]) -> EventIdentity {
    let id = id_hash(account, event_id);
    EventIdentity {
        event: xxh3_128(record) ^ id.rotate_left(64),
        id,
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

/// A quick hash of `text[start..end]`, by folded multiplication. Most strings are short: up to 32 bytes are
/// taken in without a branch on their length, which no processor could foresee.
#[inline(always)]
fn hash_short(text: &[u8], start: usize, end: usize) -> u64 {
    let length = end - start;
    if length <= 32
        && let Some(bytes) = text.get(start..start + 32)
    {
        let mask = &MASKS[32 - length..64 - length];
        let word = |at: usize| word(bytes, at) & word(mask, at);
        return fold(
            fold(word(0) ^ K0, word(8) ^ K1) ^ length as u64,
            fold(word(16) ^ K2, word(24) ^ K3) ^ K1,
        );
    }
    hash_long(&text[start..end])
}

/// The same for text that is longer or has nothing behind it.
#[inline(never)]
fn hash_long(bytes: &[u8]) -> u64 {
    let length = bytes.len();
    if length <= 32 {
        let mut padded = [0; 32];
        padded[..length].copy_from_slice(bytes);
        return hash_short(&padded, 0, length);
    }
    let mut state = [K0, K2];
    let (chunks, rest) = bytes.as_chunks::<32>();
    for chunk in chunks {
        state[0] = fold(word(chunk, 0) ^ K1, word(chunk, 8) ^ state[0]);
        state[1] = fold(word(chunk, 16) ^ K3, word(chunk, 24) ^ state[1]);
    }
    let mut last = [0; 32];
    last[..rest.len()].copy_from_slice(rest);
    fold(
        state[0] ^ hash_short(&last, 0, rest.len()),
        state[1] ^ length as u64,
    )
}

/// As many ones as bytes count, then zeros.
static MASKS: [u8; 64] = {
    let mut masks = [0; 64];
    let mut at = 0;
    while at < 32 {
        masks[at] = 0xff;
        at += 1;
    }
    masks
};

#[inline(always)]
fn word(bytes: &[u8], at: usize) -> u64 {
    let mut eight = [0; 8];
    eight.copy_from_slice(&bytes[at..at + 8]);
    u64::from_le_bytes(eight)
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
