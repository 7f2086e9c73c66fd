//! Names and values as forms and addresses have them (`application/x-www-form-urlencoded`), both ways.

use std::fmt::Write;

/// A text as it stands in a query or a form.
pub(crate) fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                out.push(char::from(byte));
            }
            _ => {
                // A text takes whatever is written to it.
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
    out
}

/// `a=b&c=d`.
pub(crate) fn form(pairs: &[(&str, &str)]) -> String {
    let pairs = pairs
        .iter()
        .map(|(name, value)| format!("{}={}", encoded(name), encoded(value)));
    pairs.collect::<Vec<_>>().join("&")
}

/// The one value of a name; none where it stands there twice, since whoever reads the first and whoever reads the
/// last would see different things.
pub(crate) fn only(query: &str, wanted: &str) -> Option<String> {
    let mut found = query.split('&').filter_map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decoded(name).as_deref() == Some(wanted)).then(|| decoded(value))
    });
    match (found.next(), found.next()) {
        (Some(value), None) => value,
        _ => None,
    }
}

/// None where it is no text.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        bytes.push(match (first, after) {
            (b'+', _) => b' ',
            (b'%', [high, low, after @ ..]) => {
                rest = after;
                let digit = |byte: &u8| char::from(*byte).to_digit(16);
                (digit(high)? * 16 + digit(low)?) as u8
            }
            (b'%', _) => return None,
            (byte, _) => *byte,
        });
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_encoded_is_read_again() {
        for text in ["", "a b+c", "ä&=?#%", "https://x.example/cb?a=b"] {
            let query = format!("x=1&{}&y=2", form(&[("na me", text)]));
            assert_eq!(only(&query, "na me").as_deref(), Some(text), "{query}");
        }
        assert_eq!(encoded("a b/ä"), "a%20b%2F%C3%A4");
    }

    #[test]
    fn what_is_there_twice_or_is_no_text_is_not_there() {
        for (query, value) in [
            ("a=1", Some("1")),
            ("a=1&a=1", None),
            ("a=1&%61=2", None),
            ("b=1", None),
            ("a", Some("")),
            ("a=%ff", None),
            ("a=%4", None),
            ("a=%+1", None),
            ("", None),
        ] {
            assert_eq!(only(query, "a").as_deref(), value, "{query}");
        }
    }
}
