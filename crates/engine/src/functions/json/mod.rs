//! Dynamic values as JSON text: reading, writing, and walking without building a tree.
//!
//! The text of a dynamic value is compact, keys in their order, integers and reals told apart by the
//! point or exponent. A tree is built only where a function needs one; its depth is limited, so that
//! hostile input cannot exhaust the stack.

pub mod scan;

use serde::de::IgnoredAny;
use serde_json::{Number, Value};

use super::format::real_text;

/// The tree of a JSON text; none if it is no JSON or nested deeper than serde_json's 128 levels.
pub fn parse(text: &str) -> Option<Value> {
    serde_json::from_str(text).ok()
}

pub fn parse_array(text: &str) -> Option<Vec<Value>> {
    if !text.starts_with('[') {
        return None;
    }
    match parse(text)? {
        Value::Array(items) => Some(items),
        _ => None,
    }
}

pub fn parse_bag(text: &str) -> Option<serde_json::Map<String, Value>> {
    if !text.starts_with('{') {
        return None;
    }
    match parse(text)? {
        Value::Object(members) => Some(members),
        _ => None,
    }
}

/// Whether a text is JSON, in one pass and without recursion.
pub fn is_valid(text: &str) -> bool {
    serde_json::from_str::<IgnoredAny>(text).is_ok()
}

pub fn print(value: &Value) -> String {
    let mut out = String::new();
    write(value, &mut out);
    out
}

/// As a dynamic value: null is no value.
pub fn dynamic(value: &Value) -> Option<String> {
    (!value.is_null()).then(|| print(value))
}

pub fn print_array(items: &[Value]) -> String {
    let mut out = String::from("[");
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        write(item, &mut out);
    }
    out.push(']');
    out
}

/// Recursion is bounded by the depth that `parse` lets through.
pub fn write(value: &Value, out: &mut String) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(true) => out.push_str("true"),
        Value::Bool(false) => out.push_str("false"),
        Value::Number(number) => write_number(number, out),
        Value::String(text) => write_text(text, out),
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write(item, out);
            }
            out.push(']');
        }
        Value::Object(members) => {
            out.push('{');
            for (index, (key, item)) in members.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write_text(key, out);
                out.push(':');
                write(item, out);
            }
            out.push('}');
        }
    }
}

fn write_number(number: &Number, out: &mut String) {
    match number.as_f64() {
        Some(real) if number.is_f64() => out.push_str(&real_text(real)),
        _ => out.push_str(&number.to_string()),
    }
}

/// A text as a JSON string, quotes included.
pub fn write_text(text: &str, out: &mut String) {
    out.push('"');
    let mut start = 0;
    for (index, byte) in text.bytes().enumerate() {
        let escape = match byte {
            b'"' => "\\\"",
            b'\\' => "\\\\",
            b'\n' => "\\n",
            b'\r' => "\\r",
            b'\t' => "\\t",
            0x08 => "\\b",
            0x0c => "\\f",
            0..=0x1f => {
                out.push_str(&text[start..index]);
                out.push_str(&format!("\\u{byte:04x}"));
                start = index + 1;
                continue;
            }
            _ => continue,
        };
        out.push_str(&text[start..index]);
        out.push_str(escape);
        start = index + 1;
    }
    out.push_str(&text[start..]);
    out.push('"');
}

pub fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    write_text(text, &mut out);
    out
}

/// The text that a JSON string stands for; none if the value is not a string.
pub fn unquoted(json: &str) -> Option<std::borrow::Cow<'_, str>> {
    let inner = json.strip_prefix('"')?.strip_suffix('"')?;
    if memchr::memchr(b'\\', inner.as_bytes()).is_none() {
        return Some(inner.into());
    }
    serde_json::from_str::<String>(json).ok().map(Into::into)
}

/// `tostring` of a dynamic value.
pub fn text_of(json: &str) -> std::borrow::Cow<'_, str> {
    unquoted(json).unwrap_or(json.into())
}

/// `tostring` of a value in a tree.
pub fn text_of_value(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => print(other),
    }
}

/// A real as a number; what JSON has no number for becomes a string.
pub fn real(value: f64) -> Value {
    match Number::from_f64(value) {
        Some(number) => Value::Number(number),
        None if value.is_nan() => Value::String("NaN".to_owned()),
        None if value > 0.0 => Value::String("Infinity".to_owned()),
        None => Value::String("-Infinity".to_owned()),
    }
}

/// The number of a value, whatever its kind.
pub fn number_of(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => match text.as_str() {
            "NaN" => Some(f64::NAN),
            "Infinity" | "inf" => Some(f64::INFINITY),
            "-Infinity" | "-inf" => Some(f64::NEG_INFINITY),
            _ => None,
        },
        _ => None,
    }
}

/// Whether two values are the same to Kusto: numbers by value, the rest exactly.
pub fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => {
            left == right || (left.is_f64() != right.is_f64() && left.as_f64() == right.as_f64())
        }
        _ => left == right,
    }
}

/// Makes outside JSON ours: compact, canonical escapes and numbers. Null is no value, the empty text
/// too; what is not JSON becomes a string.
pub fn canonical(text: &str) -> Option<std::borrow::Cow<'_, str>> {
    let text = text.trim_matches([' ', '\t', '\r', '\n']);
    if text.is_empty() || text == "null" {
        return None;
    }
    if !is_valid(text) {
        return Some(quoted(text).into());
    }
    if scan::is_canonical(text) {
        return Some(text.into());
    }
    match parse(text) {
        Some(value) => Some(print(&value).into()),
        // Valid, but too deep for a tree: its own text will do, the scanner skips blanks.
        None => Some(text.into()),
    }
}

/// As [`canonical`], for a part of a text that is known to be JSON.
pub fn canonical_part(text: &str) -> Option<std::borrow::Cow<'_, str>> {
    if text == "null" {
        return None;
    }
    if scan::is_canonical(text) {
        return Some(text.into());
    }
    Some(parse(text).map_or(text.into(), |value| print(&value).into()))
}
