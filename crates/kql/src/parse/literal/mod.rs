//! What literals stand for: the text of a token in, a [`Value`] out. `None` means that the text is
//! no such literal; the caller reports it.
//!
//! Conversions at run time (`todatetime('…')`) are the engine's, which may use these functions.

mod datetime;
mod string;
mod timespan;

pub use datetime::{datetime_text, datetime_ticks};
pub use string::decode_string;
pub use timespan::{timespan_text, timespan_ticks};

use crate::lexer::TokenKind;
use crate::types::{Type, Value};

/// The type of the literal `word(…)`, if there is such a literal.
pub(super) fn type_of_literal(word: &str) -> Option<Type> {
    match word {
        "bool" | "boolean" | "int" | "long" | "real" | "double" | "decimal" | "datetime"
        | "date" | "timespan" | "time" | "guid" | "uuid" | "uniqueid" => Type::from_name(word),
        _ => None,
    }
}

/// Whether `word(…)` is a literal, whose text is no expression.
pub fn is_literal_type(word: &str) -> bool {
    type_of_literal(word).is_some()
}

/// A number token; `sign` is `-` or empty.
pub(super) fn number(kind: TokenKind, text: &str, sign: &str) -> Option<Value> {
    match kind {
        TokenKind::Whole => whole(text, sign).map(Value::Long),
        TokenKind::Real => format!("{sign}{text}").parse().ok().map(Value::Real),
        TokenKind::TimeSpan => timespan_ticks(&format!("{sign}{text}")).map(Value::TimeSpan),
        _ => None,
    }
}

fn whole(text: &str, sign: &str) -> Option<i64> {
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        // All 64 bits may be given: 0xFFFFFFFFFFFFFFFF is -1.
        Some(digits) => {
            let bits = u64::from_str_radix(digits, 16).ok()? as i64;
            if sign.is_empty() {
                Some(bits)
            } else {
                bits.checked_neg()
            }
        }
        None => format!("{sign}{text}").parse().ok(),
    }
}

/// What stands in the parentheses of `datetime(…)`, `long(…)` and the like.
pub(super) fn typed(ty: Type, text: &str) -> Option<Value> {
    if text.eq_ignore_ascii_case("null") {
        return Some(Value::Null(ty));
    }
    match ty {
        Type::Bool => boolean(text).map(Value::Bool),
        Type::Int => signed(text)?.try_into().ok().map(Value::Int),
        Type::Long => signed(text).map(Value::Long),
        Type::Real => real(text).map(Value::Real),
        Type::Decimal => decimal(text).map(Value::Decimal),
        Type::DateTime => datetime_ticks(unquote(text)).map(Value::DateTime),
        Type::TimeSpan => timespan_ticks(unquote(text)).map(Value::TimeSpan),
        Type::Guid => guid(unquote(text)).map(Value::Guid),
        Type::String | Type::Dynamic => None,
    }
}

fn boolean(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" => Some(true),
        "false" | "0" => Some(false),
        _ => None,
    }
}

fn signed(text: &str) -> Option<i64> {
    match text.strip_prefix('-') {
        Some(digits) => whole(digits.trim_start(), "-"),
        None => whole(text.strip_prefix('+').unwrap_or(text), ""),
    }
}

fn real(text: &str) -> Option<f64> {
    match text.to_ascii_lowercase().as_str() {
        "nan" => Some(f64::NAN),
        "inf" | "+inf" => Some(f64::INFINITY),
        "-inf" => Some(f64::NEG_INFINITY),
        _ if text
            .bytes()
            .all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b)) =>
        {
            text.parse().ok()
        }
        _ => None,
    }
}

fn decimal(text: &str) -> Option<String> {
    real(text).filter(|value| value.is_finite())?;
    Some(text.strip_prefix('+').unwrap_or(text).to_string())
}

/// Lower-case and hyphenated, from any of the forms with or without hyphens.
fn guid(text: &str) -> Option<String> {
    let groups: Vec<&str> = text.split('-').collect();
    let lengths: Vec<usize> = groups.iter().map(|group| group.len()).collect();
    if lengths != [8, 4, 4, 4, 12] && lengths != [32] {
        return None;
    }
    let digits = groups.concat().to_ascii_lowercase();
    if !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    let cuts = [0..8, 8..12, 12..16, 16..20, 20..32];
    Some(cuts.map(|cut| digits[cut].to_string()).join("-"))
}

/// Without a pair of quotes around it.
fn unquote(text: &str) -> &str {
    for quote in ['\'', '"'] {
        if let Some(inner) = text
            .strip_prefix(quote)
            .and_then(|rest| rest.strip_suffix(quote))
        {
            return inner;
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typed_literals() {
        let check = |ty, text: &str, expected: Option<Value>| {
            assert_eq!(typed(ty, text), expected, "{ty}({text})");
        };
        check(Type::Int, "-5", Some(Value::Int(-5)));
        check(Type::Int, "3000000000", None);
        check(Type::Long, "0xff", Some(Value::Long(255)));
        check(
            Type::Long,
            "-9223372036854775808",
            Some(Value::Long(i64::MIN)),
        );
        check(Type::Long, "null", Some(Value::Null(Type::Long)));
        check(Type::Bool, "True", Some(Value::Bool(true)));
        check(Type::Real, "-inf", Some(Value::Real(f64::NEG_INFINITY)));
        check(Type::Real, "infinity", None);
        check(Type::Decimal, "1.50", Some(Value::Decimal("1.50".into())));
        let id = "74be27de-1e4e-49d9-b579-fe0b331d3642";
        check(Type::Guid, id, Some(Value::Guid(id.into())));
        check(
            Type::Guid,
            "74BE27DE1E4E49D9B579FE0B331D3642",
            Some(Value::Guid(id.into())),
        );
        check(Type::Guid, "74be27de", None);
    }
}
