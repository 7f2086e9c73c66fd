//! JSON that a terminal can be shown: a writer that spells out what could move its cursor.
//!
//! JSON escapes the control characters below a space by itself. The others, and those that turn the direction of
//! text or take no room, are legal in it, and logs are written by attackers. Written as `\u009b` they are the same
//! text to a program.

use std::io::{self, Write};

use crate::output::is_hostile;

/// Hands JSON on, with such characters spelled out. Each write must hold whole characters, as those of
/// `serde_json` and of `write!` do.
pub struct SafeJson<W>(pub W);

impl<W: Write> Write for SafeJson<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let is_plain = |byte: &u8| matches!(byte, b' '..=b'~' | b'\n');
        match std::str::from_utf8(bytes) {
            _ if bytes.iter().all(is_plain) => self.0.write_all(bytes)?,
            Ok(text) if text.contains(must_be_spelled) => {
                let mut safe = String::with_capacity(text.len() + 16);
                for c in text.chars() {
                    match must_be_spelled(c) {
                        // All of them lie in the first plane.
                        true => safe.push_str(&format!("\\u{:04x}", u32::from(c))),
                        false => safe.push(c),
                    }
                }
                self.0.write_all(safe.as_bytes())?;
            }
            _ => self.0.write_all(bytes)?,
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Outside of its strings JSON has ends of lines and no other such character.
fn must_be_spelled(c: char) -> bool {
    is_hostile(c) && !matches!(c, '\n' | '\r' | '\t')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_is_the_same_and_moves_no_cursor() {
        let value = serde_json::json!({"agent": "a\u{9b}2J\u{202e}\u{1b}[1m\u{7f} ü\n"});
        let mut out = SafeJson(Vec::new());
        serde_json::to_writer_pretty(&mut out, &value).unwrap();
        let text = String::from_utf8(out.0).unwrap();
        assert_eq!(
            text,
            "{\n  \"agent\": \"a\\u009b2J\\u202e\\u001b[1m\\u007f ü\\n\"\n}"
        );
        let again: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(again, value);
    }
}
