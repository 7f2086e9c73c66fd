//! Single values out of the JSON text of a record's column.
//!
//! A column and a path go in, text comes out: a string without its escapes, a number or `true` as it
//! stands. What is not there, is null, or is no JSON is `None`, never an error.

use std::borrow::Cow;

use sonic_rs::{JsonValueTrait, LazyValue};

/// A step that takes the first element of an array.
pub(crate) const FIRST: &str = "[0]";

/// The text at a path; an object or an array is none.
pub(crate) fn text<'a>(json: &'a str, path: &[&str]) -> Option<Cow<'a, str>> {
    found(json, path)
        .filter(|found| !matches!(found, Found::Inner(_)))
        .map(Found::into_text)
}

/// The JSON at a path, which stands there as it is or as text that holds it.
pub(crate) fn document<'a>(json: &'a str, path: &[&str]) -> Option<Cow<'a, str>> {
    found(json, path).map(Found::into_text)
}

enum Found<'a> {
    Scalar(Cow<'a, str>),
    Inner(&'a str),
}

impl<'a> Found<'a> {
    fn into_text(self) -> Cow<'a, str> {
        match self {
            Found::Scalar(text) => text,
            Found::Inner(json) => json.into(),
        }
    }
}

fn found<'a>(json: &'a str, path: &[&str]) -> Option<Found<'a>> {
    if !json.starts_with(['{', '[']) {
        return None;
    }
    // Most places are not there: to look for the letters of the name is quicker than to read what else is.
    let named = path.iter().rev().find(|step| **step != FIRST);
    if named.is_some_and(|name| !json.contains(*name)) {
        return None;
    }
    let (first, rest) = path.split_first()?;
    let mut value = match *first {
        FIRST => sonic_rs::get(json, [0usize]),
        name => sonic_rs::get(json, [name]),
    }
    .ok()?;
    for step in rest {
        let raw: &'a str = raw(&value, json)?;
        value = match *step {
            FIRST => sonic_rs::get(raw, [0usize]),
            name => sonic_rs::get(raw, [name]),
        }
        .ok()?;
    }
    let raw = raw(&value, json)?;
    match raw.as_bytes().first()? {
        b'"' => Some(Found::Scalar(match raw[1..raw.len() - 1].contains('\\') {
            true => value.as_str()?.to_owned().into(),
            false => raw[1..raw.len() - 1].into(),
        })),
        b'n' => None,
        b'{' | b'[' => Some(Found::Inner(raw)),
        _ => Some(Found::Scalar(raw.into())),
    }
}

/// Whether a column was left out because it was too long.
pub(crate) fn is_omitted(json: &str) -> bool {
    text(json, &["omitted"]).is_some_and(|omitted| omitted == "true")
}

/// A value's text as it stands inside `json`.
fn raw<'a>(value: &LazyValue<'_>, json: &'a str) -> Option<&'a str> {
    let part = value.as_raw_str();
    let start = (part.as_ptr() as usize).checked_sub(json.as_ptr() as usize)?;
    json.get(start..start + part.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(json: &str, path: &[&str], expected: Option<&str>) {
        assert_eq!(text(json, path).as_deref(), expected, "{json} {path:?}");
    }

    #[test]
    fn values_and_what_is_none() {
        let json =
            r#"{"a":{"b":"x","c":[{"d":"y\n"}],"n":12,"t":true,"z":null},"e":{"omitted":true}}"#;
        check(json, &["a", "b"], Some("x"));
        check(json, &["a", "c", FIRST, "d"], Some("y\n"));
        check(json, &["a", "n"], Some("12"));
        check(json, &["a", "t"], Some("true"));
        for path in [
            &["a", "z"][..],
            &["a"],
            &["a", "b", "c"],
            &["x"],
            &["a", "c", "d"],
            &["e"],
        ] {
            check(json, path, None);
        }
        for json in ["", "null", "{", "[1", "\"a\"", "{\"a\":", "nonsense"] {
            check(json, &["a", "b"], None);
        }
        assert!(is_omitted(r#"{"omitted":true,"originalSize":1}"#));
    }
}
