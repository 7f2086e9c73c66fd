//! Walking JSON text along a path without a tree: no recursion, no allocation, whatever the nesting.
//!
//! The text is taken to be JSON; on anything else the answer is arbitrary but never a panic.

use memchr::memchr2;

use crate::functions::PathStep;

/// The text of the value at `path`.
pub fn find<'a>(text: &'a str, path: &[PathStep]) -> Option<&'a str> {
    let bytes = text.as_bytes();
    let mut position = skip_blanks(bytes, 0);
    for step in path {
        position = match step {
            PathStep::Key(key) => find_key(bytes, position, key)?,
            PathStep::Index(index) => find_index(bytes, position, *index)?,
        };
    }
    let end = skip_value(bytes, position)?;
    text.get(position..end)
}

/// Calls `each` with the text of every element; whether the value is an array.
pub fn for_each_element<'a>(text: &'a str, mut each: impl FnMut(&'a str)) -> bool {
    let bytes = text.as_bytes();
    let mut cursor = Some(skip_blanks(bytes, 0));
    if bytes.get(cursor.unwrap_or_default()) != Some(&b'[') {
        return false;
    }
    cursor = first_element(bytes, cursor.unwrap_or_default());
    while let Some(start) = cursor {
        let Some(end) = skip_value(bytes, start) else {
            return false;
        };
        let Some(element) = text.get(start..end) else {
            return false;
        };
        each(element);
        cursor = next_element(bytes, end);
    }
    true
}

/// Calls `each` with the raw text of every key (quotes included) and of its value; whether the value
/// is a bag.
pub fn for_each_member<'a>(text: &'a str, mut each: impl FnMut(&'a str, &'a str)) -> bool {
    let bytes = text.as_bytes();
    let start = skip_blanks(bytes, 0);
    if bytes.get(start) != Some(&b'{') {
        return false;
    }
    let mut cursor = first_element(bytes, start);
    while let Some(start) = cursor {
        let Some((key_end, value)) = member_value(bytes, start) else {
            return false;
        };
        let Some(end) = skip_value(bytes, value) else {
            return false;
        };
        let (Some(key), Some(value)) = (text.get(start..key_end), text.get(value..end)) else {
            return false;
        };
        each(key, value);
        cursor = next_element(bytes, end);
    }
    true
}

/// Whether the text of valid JSON is already as we write it.
pub fn is_canonical(text: &str) -> bool {
    let bytes = text.as_bytes();
    let mut position = 0;
    while position < bytes.len() {
        match bytes[position] {
            b'"' => match canonical_string_end(bytes, position + 1) {
                Some(end) => position = end,
                None => return false,
            },
            b'-' | b'0'..=b'9' => match canonical_number_end(bytes, position) {
                Some(end) => position = end,
                None => return false,
            },
            b' ' | b'\t' | b'\r' | b'\n' => return false,
            _ => position += 1,
        }
    }
    true
}

fn canonical_string_end(bytes: &[u8], mut position: usize) -> Option<usize> {
    loop {
        let found = position + memchr2(b'"', b'\\', bytes.get(position..)?)?;
        if bytes[found] == b'"' {
            return Some(found + 1);
        }
        match bytes.get(found + 1)? {
            b'"' | b'\\' | b'n' | b'r' | b't' | b'b' | b'f' => position = found + 2,
            _ => return None,
        }
    }
}

/// Integers that surely fit 64 bits only: reals have more than one spelling.
fn canonical_number_end(bytes: &[u8], start: usize) -> Option<usize> {
    let digits = if bytes[start] == b'-' {
        start + 1
    } else {
        start
    };
    let length = bytes[digits..]
        .iter()
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    let end = digits + length;
    let is_plain = (1..=18).contains(&length)
        && !matches!(bytes.get(end), Some(b'.' | b'e' | b'E'))
        && !(digits > start && bytes[digits] == b'0');
    is_plain.then_some(end)
}

fn find_key(bytes: &[u8], start: usize, key: &str) -> Option<usize> {
    if bytes.get(start) != Some(&b'{') {
        return None;
    }
    let mut cursor = first_element(bytes, start);
    while let Some(start) = cursor {
        let (key_end, value) = member_value(bytes, start)?;
        if is_key(&bytes[start..key_end], key) {
            return Some(value);
        }
        cursor = next_element(bytes, skip_value(bytes, value)?);
    }
    None
}

/// Whether the JSON string `raw`, quotes included, stands for `key`.
fn is_key(raw: &[u8], key: &str) -> bool {
    let Some(inner) = raw.get(1..raw.len().saturating_sub(1)) else {
        return false;
    };
    if inner == key.as_bytes() {
        return !inner.contains(&b'\\');
    }
    inner.contains(&b'\\') && serde_json::from_slice::<String>(raw).is_ok_and(|text| text == key)
}

fn find_index(bytes: &[u8], start: usize, index: i64) -> Option<usize> {
    if bytes.get(start) != Some(&b'[') {
        return None;
    }
    let index = if index < 0 {
        index.checked_add(count_elements(bytes, start)?)?
    } else {
        index
    };
    if index < 0 {
        return None;
    }
    let mut cursor = first_element(bytes, start);
    for _ in 0..index {
        cursor = next_element(bytes, skip_value(bytes, cursor?)?);
    }
    cursor
}

fn count_elements(bytes: &[u8], start: usize) -> Option<i64> {
    let mut count = 0;
    let mut cursor = first_element(bytes, start);
    while let Some(element) = cursor {
        count += 1;
        cursor = next_element(bytes, skip_value(bytes, element)?);
    }
    Some(count)
}

/// From an opening bracket to the first element or key, if there is one.
fn first_element(bytes: &[u8], open: usize) -> Option<usize> {
    let position = skip_blanks(bytes, open + 1);
    match bytes.get(position)? {
        b']' | b'}' => None,
        _ => Some(position),
    }
}

/// From the end of an element to the next one, if there is one.
fn next_element(bytes: &[u8], end: usize) -> Option<usize> {
    let position = skip_blanks(bytes, end);
    (bytes.get(position)? == &b',').then(|| skip_blanks(bytes, position + 1))
}

/// From the start of a key: where the key ends and where its value starts.
fn member_value(bytes: &[u8], key: usize) -> Option<(usize, usize)> {
    if bytes.get(key) != Some(&b'"') {
        return None;
    }
    let key_end = skip_string(bytes, key + 1)?;
    let colon = skip_blanks(bytes, key_end);
    (bytes.get(colon)? == &b':').then(|| (key_end, skip_blanks(bytes, colon + 1)))
}

fn skip_value(bytes: &[u8], start: usize) -> Option<usize> {
    match bytes.get(start)? {
        b'"' => skip_string(bytes, start + 1),
        b'{' | b'[' => skip_nested(bytes, start),
        _ => {
            let length = bytes[start..]
                .iter()
                .position(|byte| matches!(byte, b',' | b']' | b'}' | b' ' | b'\t' | b'\r' | b'\n'))
                .unwrap_or(bytes.len() - start);
            (length > 0).then_some(start + length)
        }
    }
}

fn skip_nested(bytes: &[u8], start: usize) -> Option<usize> {
    let mut depth = 0usize;
    let mut position = start;
    loop {
        match bytes.get(position)? {
            b'"' => {
                position = skip_string(bytes, position + 1)?;
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' => {
                depth -= 1;
                if depth == 0 {
                    return Some(position + 1);
                }
            }
            _ => {}
        }
        position += 1;
    }
}

/// From behind the opening quote to behind the closing one.
fn skip_string(bytes: &[u8], mut position: usize) -> Option<usize> {
    loop {
        let found = position + memchr2(b'"', b'\\', bytes.get(position..)?)?;
        if bytes[found] == b'"' {
            return Some(found + 1);
        }
        position = found + 2;
    }
}

fn skip_blanks(bytes: &[u8], mut position: usize) -> usize {
    while matches!(bytes.get(position), Some(b' ' | b'\t' | b'\r' | b'\n')) {
        position += 1;
    }
    position
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(key: &str) -> PathStep {
        PathStep::Key(key.to_owned())
    }

    #[test]
    fn paths() {
        let text = r#"{"a":{"b":[1,{"c":"x\"}"},[]],"\u0064":2}, "e" : null}"#;
        let check = |path: &[PathStep], expected: Option<&str>| {
            assert_eq!(find(text, path), expected, "{path:?}");
        };
        check(
            &[key("a"), key("b"), PathStep::Index(1), key("c")],
            Some(r#""x\"}""#),
        );
        check(&[key("a"), key("b"), PathStep::Index(-1)], Some("[]"));
        check(&[key("a"), key("b"), PathStep::Index(3)], None);
        check(&[key("a"), key("b"), PathStep::Index(-4)], None);
        check(&[key("a"), key("d")], Some("2"));
        check(&[key("e")], Some("null"));
        check(&[key("A")], None);
        check(&[key("e"), key("f")], None);
    }

    #[test]
    fn hostile_text_ends() {
        for text in [
            "", "{", "{\"", "{\"a", "{\"a\"", "{\"a\":", "[", "[1", "\"\\", "]", "{\"a\":]",
        ] {
            let _ = find(text, &[key("a")]);
            let _ = find(text, &[PathStep::Index(-1)]);
            let _ = find(text, &[]);
        }
        let deep = "[".repeat(200_000);
        assert_eq!(find(&deep, &[PathStep::Index(0), PathStep::Index(0)]), None);
    }

    #[test]
    fn canonical_texts() {
        for text in ["{\"a\":[1,-2,\"x\\n\"]}", "true", "\"é\""] {
            assert!(is_canonical(text), "{text}");
        }
        for text in [
            "[1, 2]",
            "1.50",
            "\"\\u0041\"",
            "\"\\/\"",
            "-0",
            "123456789012345678901",
        ] {
            assert!(!is_canonical(text), "{text}");
        }
    }
}
