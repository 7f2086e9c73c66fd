//! String literals: quotes, prefixes and escapes.

use std::ops::Range;

/// Appends the meaning of a string literal to `value`. On an invalid escape nothing is appended,
/// and its place within `text` is returned.
pub fn decode_string(text: &str, value: &mut String) -> Result<(), Range<usize>> {
    let body = text.strip_prefix(['h', 'H']).unwrap_or(text);
    for fence in ["```", "~~~"] {
        if let Some(inner) = body.strip_prefix(fence) {
            value.push_str(inner.strip_suffix(fence).unwrap_or(inner));
            return Ok(());
        }
    }
    let (verbatim, body) = match body.strip_prefix('@') {
        Some(body) => (true, body),
        None => (false, body),
    };
    let quote = if body.starts_with('"') { "\"" } else { "'" };
    let inner = body.strip_prefix(quote).unwrap_or(body);
    let inner = inner.strip_suffix(quote).unwrap_or(inner);
    if verbatim {
        value.push_str(&inner.replace(&quote.repeat(2), quote));
        return Ok(());
    }
    let before = value.len();
    let offset = text.len() - body.len() + quote.len();
    decode_escapes(inner, value).map_err(|escape| {
        value.truncate(before);
        offset + escape.start..offset + escape.end
    })
}

fn decode_escapes(inner: &str, value: &mut String) -> Result<(), Range<usize>> {
    let mut rest = inner;
    while let Some(at) = rest.find('\\') {
        value.push_str(&rest[..at]);
        let escape = &rest[at + 1..];
        match decode_escape(escape) {
            Some((c, length)) => {
                value.push(c);
                rest = &escape[length..];
            }
            None => {
                let start = inner.len() - rest.len() + at;
                let next = escape.chars().next().map_or(0, char::len_utf8);
                return Err(start..start + 1 + next);
            }
        }
    }
    value.push_str(rest);
    Ok(())
}

/// What the text after a backslash stands for, and how much of it belongs to the escape.
fn decode_escape(escape: &str) -> Option<(char, usize)> {
    let first = escape.chars().next()?;
    let simple = match first {
        '\\' | '\'' | '"' => first,
        'a' => '\u{7}',
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\u{b}',
        '0'..='7' => return octal(escape),
        'x' => return hex(escape, 2),
        'u' => return unicode(escape),
        'U' => return hex(escape, 8),
        _ => return None,
    };
    Some((simple, 1))
}

fn octal(escape: &str) -> Option<(char, usize)> {
    let length = escape
        .bytes()
        .take(3)
        .take_while(|b| (b'0'..=b'7').contains(b))
        .count();
    let code = u32::from_str_radix(&escape[..length], 8).ok()?;
    Some((char::from_u32(code)?, length))
}

/// A letter and exactly `digits` hexadecimal digits.
fn hex(escape: &str, digits: usize) -> Option<(char, usize)> {
    Some((char::from_u32(code_unit(escape, digits)?)?, digits + 1))
}

/// `\uHHHH`, or two of them that are a surrogate pair.
fn unicode(escape: &str) -> Option<(char, usize)> {
    let high = code_unit(escape, 4)?;
    if let Some(c) = char::from_u32(high) {
        return Some((c, 5));
    }
    let low = code_unit(
        escape.get(5..)?.strip_prefix("\\u").map(|_| &escape[6..])?,
        4,
    )?;
    if !(0xd800..0xdc00).contains(&high) || !(0xdc00..0xe000).contains(&low) {
        return None;
    }
    Some((
        char::from_u32(0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00))?,
        11,
    ))
}

fn code_unit(escape: &str, digits: usize) -> Option<u32> {
    let digits = escape.get(1..=digits)?;
    digits
        .bytes()
        .all(|b| b.is_ascii_hexdigit())
        .then(|| u32::from_str_radix(digits, 16).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Result<&str, Range<usize>>) {
        let mut value = String::new();
        let result = decode_string(text, &mut value);
        assert_eq!(result.map(|()| value.as_str()), expected, "{text}");
    }

    #[test]
    fn forms() {
        check("'a b'", Ok("a b"));
        check(r#"h"a""#, Ok("a"));
        check(r"@'C:\x'", Ok(r"C:\x"));
        check("h@'it''s'", Ok("it's"));
        check(r#"@"say ""x""""#, Ok(r#"say "x""#));
        check("```a\n'```", Ok("a\n'"));
    }

    #[test]
    fn escapes() {
        check(r"'\\ \' \n\t\x41\101\u00e9'", Ok("\\ ' \n\tAA\u{e9}"));
        check(r"'\ud83d\ude00'", Ok("\u{1f600}"));
        check(r"'a\qb'", Err(2..4));
        check(r"'\ud83d'", Err(1..3));
        check(r"'\x4'", Err(1..3));
        check(r"'\u00é'", Err(1..3));
    }
}
