//! Walking over JSON by its index: members of objects, extents of values, text without escapes.
//!
//! A `Window` is a piece of text with its index. Objects that are opened are checked member by member;
//! values that are passed over are only checked for balanced brackets. Nothing recurses, so no nesting is
//! too deep. Which members mean what is in `record.rs`.

use std::borrow::Cow;

use crate::index::Index;
use crate::limits::MAX_DEPTH;

/// A piece of JSON text with its index.
#[derive(Clone, Copy)]
pub(crate) struct Window<'a> {
    pub text: &'a [u8],
    pub index: &'a Index,
    /// Whether the text is UTF-8 throughout.
    pub utf8: bool,
    /// Whether the text holds a session token somewhere.
    pub session_token: bool,
}

/// Why a walk ended early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// The text ends inside the value.
    Incomplete,
    /// It is not JSON: where, and what was expected there.
    Malformed(usize, &'static str),
    /// Nested deeper than `MAX_DEPTH`: where.
    TooDeep(usize),
}

/// What sort of value a member has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A string; its extent is without the quotes.
    Text,
    /// A number, `true` or `false`.
    Scalar,
    Null,
    Object,
    Array,
}

/// A value and where it stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Value {
    pub kind: Kind,
    pub start: usize,
    /// For objects and arrays only known once they are passed over.
    pub end: usize,
}

/// One member of an object.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Member<'a> {
    pub key: &'a [u8],
    pub value: Value,
}

impl<'a> Window<'a> {
    /// The member at `token`, which moves behind its name and, for strings and scalars, behind its value.
    /// A container's own bracket stays the current token: the caller opens it or passes it over.
    #[inline(always)]
    pub(crate) fn member(&self, token: &mut usize) -> Result<Member<'a>, Stop> {
        let tokens = &self.index.tokens[..];
        let Some(&[open, close]) = tokens.get(*token..*token + 2) else {
            return Err(Stop::Incomplete);
        };
        let (open, close) = (open as usize, close as usize);
        if self.text[open] != b'"' {
            return Err(Stop::Malformed(open, "expected a member's name in quotes"));
        }
        let mut at = close + 1;
        if self.byte(at)? != b':' {
            at = self.skip_blanks(at)?;
            if self.text[at] != b':' {
                return Err(Stop::Malformed(at, "expected `:` after a member's name"));
            }
        }
        at += 1;
        let mut first = self.byte(at)?;
        if first <= b' ' {
            at = self.skip_blanks(at)?;
            first = self.text[at];
        }
        *token += 2;
        let value = self.value(token, at, first)?;
        Ok(Member {
            key: &self.text[open + 1..close],
            value,
        })
    }

    /// The value that starts with the byte `first` at `at`.
    #[inline(always)]
    pub(crate) fn value(&self, token: &mut usize, at: usize, first: u8) -> Result<Value, Stop> {
        match first {
            b'"' => {
                let end = *self.index.tokens.get(*token + 1).ok_or(Stop::Incomplete)? as usize;
                *token += 2;
                Ok(Value {
                    kind: Kind::Text,
                    start: at + 1,
                    end,
                })
            }
            b'{' => Ok(Value {
                kind: Kind::Object,
                start: at,
                end: at,
            }),
            b'[' => Ok(Value {
                kind: Kind::Array,
                start: at,
                end: at,
            }),
            _ => self.scalar(at),
        }
    }

    fn scalar(&self, start: usize) -> Result<Value, Stop> {
        let length = self.text[start..]
            .iter()
            .position(|byte| matches!(byte, 0..=b' ' | b',' | b'}' | b']'));
        let end = start + length.ok_or(Stop::Incomplete)?;
        match &self.text[start..end] {
            b"null" => Ok(Value {
                kind: Kind::Null,
                start,
                end,
            }),
            b"true" | b"false" => Ok(Value {
                kind: Kind::Scalar,
                start,
                end,
            }),
            text if is_number(text) => Ok(Value {
                kind: Kind::Scalar,
                start,
                end,
            }),
            _ => Err(Stop::Malformed(start, "expected a JSON value")),
        }
    }

    /// What follows a value that ends before `at`: `true` when another member does, `false` when the object
    /// or array ends there, whose bracket is then passed.
    #[inline(always)]
    pub(crate) fn another(&self, token: &mut usize, mut at: usize) -> Result<bool, Stop> {
        let mut byte = self.byte(at)?;
        if byte <= b' ' {
            at = self.skip_blanks(at)?;
            byte = self.text[at];
        }
        match byte {
            b',' => Ok(true),
            b'}' => {
                *token += 1;
                Ok(false)
            }
            _ => Err(Stop::Malformed(at, "expected `,` or the end of the object")),
        }
    }

    /// Goes into the object at `token`: whether it has a member. An empty one is passed over.
    #[inline(always)]
    pub(crate) fn enter(&self, token: &mut usize) -> Result<bool, Stop> {
        *token += 1;
        let at = *self.index.tokens.get(*token).ok_or(Stop::Incomplete)? as usize;
        let empty = self.text[at] == b'}';
        if empty && at > 0 && self.skip_blanks_back(at) != b'{' {
            return Err(Stop::Malformed(at, "expected a member's name in quotes"));
        }
        *token += usize::from(empty);
        Ok(!empty)
    }

    /// Where a string or scalar ends with its quote, or where the container at `token` ends; it is passed over.
    #[inline(always)]
    pub(crate) fn after(&self, value: &Value, token: &mut usize) -> Result<usize, Stop> {
        match value.kind {
            Kind::Text => Ok(value.end + 1),
            Kind::Scalar | Kind::Null => Ok(value.end),
            Kind::Object | Kind::Array => self.pass(token),
        }
    }

    /// Passes over the container whose bracket is the current token; says where it ends.
    #[inline(always)]
    pub(crate) fn pass(&self, token: &mut usize) -> Result<usize, Stop> {
        // Depth is counted in the low half; the high half counts braces alone, so that brackets of
        // different kinds that only balance together are noticed.
        let mut depth = 0i64;
        let mut deepest = 0i32;
        for (passed, position) in self.index.tokens[*token..].iter().enumerate() {
            depth += DEPTH[self.text[*position as usize] as usize];
            deepest = deepest.max(depth as i32);
            if depth as i32 == 0 {
                if depth != 0 {
                    return Err(Stop::Malformed(
                        *position as usize,
                        "expected the bracket that closes the one opened",
                    ));
                }
                if deepest as usize > MAX_DEPTH {
                    return Err(Stop::TooDeep(*position as usize));
                }
                *token += passed + 1;
                return Ok(*position as usize + 1);
            }
        }
        Err(Stop::Incomplete)
    }

    /// As `pass`, however deep the nesting, and strict about which bracket closes which.
    pub(crate) fn pass_strictly(&self, token: &mut usize) -> Result<usize, Stop> {
        let mut open = Vec::new();
        for (passed, position) in self.index.tokens[*token..].iter().enumerate() {
            let position = *position as usize;
            match self.text[position] {
                bracket @ (b'{' | b'[') => open.push(bracket + 2),
                b'"' => continue,
                bracket if open.pop() != Some(bracket) => {
                    return Err(Stop::Malformed(
                        position,
                        "expected the bracket that closes the one opened",
                    ));
                }
                _ if open.is_empty() => {
                    *token += passed + 1;
                    return Ok(position + 1);
                }
                _ => {}
            }
        }
        Err(Stop::Incomplete)
    }

    /// A place where a string among the tokens holds a line break, which JSON does not allow: it is the
    /// mark of a record that broke off.
    pub(crate) fn line_break_in_string(&self, first: usize, end: usize) -> Option<usize> {
        let tokens = &self.index.tokens[first..end];
        let (start, behind) = (*tokens.first()? as usize, *tokens.last()? as usize + 1);
        if !self.index.control.any(start, behind) {
            return None;
        }
        let mut at = 0;
        while let Some(open) = tokens.get(at) {
            at += 1;
            if self.text[*open as usize] != b'"' {
                continue;
            }
            let close = *tokens.get(at)? as usize;
            at += 1;
            let open = *open as usize;
            if let Some(place) = memchr::memchr(b'\n', &self.text[open..close]) {
                return Some(open + place);
            }
        }
        None
    }

    #[inline(always)]
    fn byte(&self, at: usize) -> Result<u8, Stop> {
        self.text.get(at).copied().ok_or(Stop::Incomplete)
    }

    /// The first place from `at` on that is not white space.
    pub(crate) fn skip_blanks(&self, at: usize) -> Result<usize, Stop> {
        let blanks = self.text[at..].iter().position(|byte| *byte > b' ');
        blanks.map(|count| at + count).ok_or(Stop::Incomplete)
    }

    /// The text of a string, unescaped; `scratch` is used where there is something to unescape.
    pub(crate) fn unescaped<'s>(
        &'s self,
        start: usize,
        end: usize,
        scratch: &'s mut Vec<u8>,
    ) -> &'s [u8] {
        let raw = &self.text[start..end];
        if !self.has_escape(start, end) {
            return raw;
        }
        scratch.clear();
        unescape(raw, scratch);
        scratch
    }

    /// Whether a stretch of text holds a backslash.
    #[inline(always)]
    pub(crate) fn has_escape(&self, start: usize, end: usize) -> bool {
        self.index.backslash.any(start, end)
            && memchr::memchr(b'\\', &self.text[start..end]).is_some()
    }

    /// The last byte before `at` that is not white space.
    fn skip_blanks_back(&self, at: usize) -> u8 {
        self.text[..at]
            .trim_ascii_end()
            .last()
            .copied()
            .unwrap_or(0)
    }

    /// A value's JSON text without white space between tokens.
    pub(crate) fn compact<'s>(
        &'s self,
        start: usize,
        end: usize,
        scratch: &'s mut Vec<u8>,
    ) -> &'s [u8] {
        let raw = &self.text[start..end];
        if !self.index.blank.any(start, end) {
            return raw;
        }
        scratch.clear();
        compact(raw, scratch);
        scratch
    }
}

/// What each bracket adds to the depth: see `pass`.
static DEPTH: [i64; 256] = {
    let mut table = [0; 256];
    table[b'{' as usize] = 1 + (1 << 32);
    table[b'}' as usize] = -(1 + (1 << 32));
    table[b'[' as usize] = 1;
    table[b']' as usize] = -1;
    table
};

fn is_number(text: &[u8]) -> bool {
    let digits = |text: &[u8]| text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let mut rest = text.strip_prefix(b"-").unwrap_or(text);
    let whole = digits(rest);
    if whole == 0 {
        return false;
    }
    rest = &rest[whole..];
    if let Some(fraction) = rest.strip_prefix(b".") {
        let count = digits(fraction);
        if count == 0 {
            return false;
        }
        rest = &fraction[count..];
    }
    if let [b'e' | b'E', exponent @ ..] = rest {
        let exponent = match exponent {
            [b'+' | b'-', unsigned @ ..] => unsigned,
            _ => exponent,
        };
        return !exponent.is_empty() && digits(exponent) == exponent.len();
    }
    rest.is_empty()
}

/// Appends JSON text without the white space between its tokens.
pub(crate) fn compact(raw: &[u8], out: &mut Vec<u8>) {
    let mut rest = raw;
    while let Some(quote) = memchr::memchr(b'"', rest) {
        out.extend(rest[..quote].iter().filter(|byte| **byte > b' '));
        let length = string_length(&rest[quote..]);
        out.extend_from_slice(&rest[quote..quote + length]);
        rest = &rest[quote + length..];
    }
    out.extend(rest.iter().filter(|byte| **byte > b' '));
}

/// How long the string is that the text starts with, with both quotes; the whole text when it does not end.
pub(crate) fn string_length(text: &[u8]) -> usize {
    let mut at = 1;
    while let Some(next) = text
        .get(at..)
        .and_then(|rest| memchr::memchr2(b'"', b'\\', rest))
    {
        at += next;
        if text[at] == b'"' {
            return at + 1;
        }
        at += 2;
    }
    text.len()
}

/// Appends a string's text with its escapes resolved. Lone surrogates become U+FFFD; an escape that JSON
/// does not know stays as it is written.
pub(crate) fn unescape(raw: &[u8], out: &mut Vec<u8>) {
    let mut rest = raw;
    while let Some(slash) = memchr::memchr(b'\\', rest) {
        out.extend_from_slice(&rest[..slash]);
        rest = &rest[slash..];
        let (byte, length) = match rest.get(1) {
            Some(byte @ (b'"' | b'\\' | b'/')) => (*byte, 2),
            Some(b'b') => (8, 2),
            Some(b'f') => (12, 2),
            Some(b'n') => (b'\n', 2),
            Some(b'r') => (b'\r', 2),
            Some(b't') => (b'\t', 2),
            Some(b'u') if unit(rest).is_some() => {
                let (character, length) = character(rest);
                out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
                rest = &rest[length..];
                continue;
            }
            _ => (b'\\', 1),
        };
        out.push(byte);
        rest = &rest[length..];
    }
    out.extend_from_slice(rest);
}

/// The character of a `\uXXXX` escape or of a pair of them, and how long they are.
fn character(text: &[u8]) -> (char, usize) {
    let first = unit(text).unwrap_or(0xfffd);
    if (0xd800..0xdc00).contains(&first)
        && let Some(second @ 0xdc00..0xe000) = text.get(6..).and_then(unit)
    {
        let code = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
        return (
            char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER),
            12,
        );
    }
    (
        char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER),
        6,
    )
}

/// The number of a `\uXXXX` escape.
fn unit(text: &[u8]) -> Option<u32> {
    let digits = text.strip_prefix(b"\\u")?.get(..4)?;
    digits.iter().try_fold(0, |sum, digit| {
        Some(sum << 4 | (*digit as char).to_digit(16)?)
    })
}

/// Appends text with what JSON strings must escape escaped.
pub(crate) fn escape(text: &[u8], out: &mut Vec<u8>) {
    for byte in text {
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', *byte]),
            0..0x20 => out.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
            _ => out.push(*byte),
        }
    }
}

/// The text as UTF-8, replaced where it is not.
pub(crate) fn lossy(text: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(raw: &str, text: &str) {
        let mut out = Vec::new();
        unescape(raw.as_bytes(), &mut out);
        assert_eq!(String::from_utf8(out).unwrap(), text, "{raw}");
    }

    #[test]
    fn escapes() {
        check(r#"a\"b\\c\/d\n"#, "a\"b\\c/d\n");
        check(r"\u003c\u00e9\ud83d\ude00", "<é😀");
        check(r"\ud83d-\ude00", "\u{fffd}-\u{fffd}");
        check(r"\ud83dA\", "\u{fffd}A\\");
        check(r"\q\u12", r"\q\u12");
    }

    #[test]
    fn numbers() {
        for yes in ["0", "-1", "12.5", "1e9", "1.0E-3"] {
            assert!(is_number(yes.as_bytes()), "{yes}");
        }
        for no in ["", "-", "1.", ".5", "1e", "NaN", "0x1", "1-"] {
            assert!(!is_number(no.as_bytes()), "{no}");
        }
    }

    #[test]
    fn compacting_leaves_strings_alone() {
        let mut out = Vec::new();
        compact(
            b" { \"a b\" : [ 1 , \"c \\\" d\" ] ,\n \"e\":null } ",
            &mut out,
        );
        assert_eq!(
            String::from_utf8(out).unwrap(),
            r#"{"a b":[1,"c \" d"],"e":null}"#
        );
    }
}
