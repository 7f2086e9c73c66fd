//! Text of strangers, made harmless: for JSON that somebody may look at in a terminal, for one
//! line, for a length. What a format needs beyond that stands in the format's own file.

use serde_json::Value;

/// Whether a character moves a terminal's cursor, turns the direction of text or takes no room.
pub(crate) fn is_hostile(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// JSON on one line, in which such characters are spelled out: the same text to a program.
pub(crate) fn safe_json(value: &Value) -> String {
    let json = value.to_string();
    if !json.contains(is_hostile) {
        return json;
    }
    let mut safe = String::with_capacity(json.len() + 16);
    for c in json.chars() {
        match is_hostile(c) {
            // All of them lie in the first plane.
            true => safe.push_str(&format!("\\u{:04x}", u32::from(c))),
            false => safe.push(c),
        }
    }
    safe
}

/// JSON on one line of ASCII alone.
pub(crate) fn ascii_json(value: &Value) -> String {
    let json = value.to_string();
    let mut ascii = String::with_capacity(json.len());
    let mut units = [0; 2];
    for c in json.chars() {
        match c {
            ' '..='~' => ascii.push(c),
            other => {
                for unit in other.encode_utf16(&mut units) {
                    ascii.push_str(&format!("\\u{unit:04x}"));
                }
            }
        }
    }
    ascii
}

/// The text of several lines: as [`one_line`], but ends of lines stay.
pub(crate) fn lines(text: &str) -> String {
    let lines = text.lines().map(one_line);
    lines.collect::<Vec<_>>().join("\n")
}

/// The text on one line: hostile characters are spelled out as `\u{1b}`, ends of lines are spaces.
pub(crate) fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\r' | '\t' => line.push(' '),
            c if is_hostile(c) => line.extend(c.escape_unicode()),
            c => line.push(c),
        }
    }
    line
}

/// The operating system's words without its error number.
pub(crate) fn of_io(error: &std::io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    let mut chars = one_line(text).chars().collect::<Vec<_>>();
    if let Some(first) = chars.first_mut() {
        first.make_ascii_lowercase();
    }
    chars.into_iter().collect()
}

/// At most so many characters, the last of them `…` if some are left out.
pub(crate) fn clip(text: &str, chars_max: usize) -> String {
    match text.char_indices().nth(chars_max) {
        None => text.to_owned(),
        Some(_) => text
            .chars()
            .take(chars_max.saturating_sub(1))
            .chain(['…'])
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn nothing_of_an_attacker_moves_a_cursor() {
        let value = json!({"agent": "a\u{1b}[2J\u{9b}\u{202e}b\u{7f}\n"});
        let text = safe_json(&value);
        assert_eq!(text, r#"{"agent":"a\u001b[2J\u009b\u202eb\u007f\n"}"#);
        let again: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(again, value);
        assert_eq!(one_line("a\nb\u{1b}[m"), "a b\\u{1b}[m");
    }

    #[test]
    fn clipping_counts_characters() {
        assert_eq!(clip("äöü", 3), "äöü");
        assert_eq!(clip("äöüß", 3), "äö…");
        assert_eq!(clip("ab", 0), "…");
    }
}
