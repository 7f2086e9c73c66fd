//! Constant folding: what can be worked out of literals without a function of the engine, so that
//! `ago(2 * timeframe)` is known when a rule is looked at, and externaldata URIs may be put together.

use crate::checked::{Expr, ExprKind};
use crate::limits::FOLDED_TEXT_BYTES_MAX;
use crate::types::{Type, Value};

/// The value of an expression that is a literal.
pub(super) fn value(expr: &Expr) -> Option<&Value> {
    match &expr.kind {
        ExprKind::Literal(value) => Some(value),
        _ => None,
    }
}

/// A literal as a value of another type, where that loses nothing.
pub(super) fn converted(value: &Value, ty: Type) -> Option<Value> {
    if matches!(value, Value::Null(_)) {
        return Some(null(ty));
    }
    Some(match (value, ty) {
        (Value::Int(number), Type::Long) => Value::Long(i64::from(*number)),
        (Value::Int(number), Type::Real) => Value::Real(f64::from(*number)),
        // Beyond 2^53 a real cannot tell neighbours apart.
        (Value::Long(number), Type::Real) if number.unsigned_abs() <= 1 << 53 => {
            Value::Real(*number as f64)
        }
        (Value::Int(number), Type::Decimal) => Value::Decimal(number.to_string()),
        (Value::Long(number), Type::Decimal) => Value::Decimal(number.to_string()),
        _ => return None,
    })
}

/// Strings have no null: theirs is the empty string.
pub(super) fn null(ty: Type) -> Value {
    match ty {
        Type::String => Value::String(String::new()),
        _ => Value::Null(ty),
    }
}

/// `left op right` of two literals; `None` where it must be left to the engine, overflow included.
pub(super) fn binary(op: &str, left: &Value, right: &Value) -> Option<Value> {
    use Value::{DateTime, Long, Real, TimeSpan};
    Some(match (op, left, right) {
        ("+", Long(a), Long(b)) => Long(a.checked_add(*b)?),
        ("-", Long(a), Long(b)) => Long(a.checked_sub(*b)?),
        ("*", Long(a), Long(b)) => Long(a.checked_mul(*b)?),
        ("+", Real(a), Real(b)) => Real(a + b),
        ("-", Real(a), Real(b)) => Real(a - b),
        ("*", Real(a), Real(b)) => Real(a * b),
        ("+", TimeSpan(a), TimeSpan(b)) => TimeSpan(a.checked_add(*b)?),
        ("-", TimeSpan(a), TimeSpan(b)) => TimeSpan(a.checked_sub(*b)?),
        ("*", TimeSpan(a), Long(b)) | ("*", Long(b), TimeSpan(a)) => TimeSpan(a.checked_mul(*b)?),
        ("+", DateTime(a), TimeSpan(b)) | ("+", TimeSpan(b), DateTime(a)) => {
            DateTime(a.checked_add(*b).filter(is_time)?)
        }
        ("-", DateTime(a), TimeSpan(b)) => DateTime(a.checked_sub(*b).filter(is_time)?),
        ("-", DateTime(a), DateTime(b)) => TimeSpan(a.checked_sub(*b)?),
        _ => return None,
    })
}

/// The years 1 to 9999; what leaves them is null, which the engine finds.
fn is_time(ticks: &i64) -> bool {
    (-621_355_968_000_000_000..=2_534_023_007_999_999_999).contains(ticks)
}

pub(super) fn negated(value: &Value) -> Option<Value> {
    Some(match value {
        Value::Int(number) => Value::Int(number.checked_neg()?),
        Value::Long(number) => Value::Long(number.checked_neg()?),
        Value::Real(number) => Value::Real(-number),
        Value::TimeSpan(ticks) => Value::TimeSpan(ticks.checked_neg()?),
        Value::Decimal(text) => Value::Decimal(match text.strip_prefix('-') {
            Some(positive) => positive.to_string(),
            None => format!("-{text}"),
        }),
        _ => return None,
    })
}

/// `strcat` of string literals.
pub(super) fn strcat(args: &[Expr]) -> Option<Value> {
    let mut text = String::new();
    for arg in args {
        match value(arg)? {
            Value::String(part) if text.len() + part.len() <= FOLDED_TEXT_BYTES_MAX => {
                text.push_str(part);
            }
            _ => return None,
        }
    }
    Some(Value::String(text))
}

/// A whole number, for counts and limits.
pub(super) fn integer(expr: &Expr) -> Option<i64> {
    match value(expr)? {
        Value::Int(number) => Some(i64::from(*number)),
        Value::Long(number) => Some(*number),
        _ => None,
    }
}

pub(super) fn string(expr: &Expr) -> Option<&str> {
    match value(expr)? {
        Value::String(text) => Some(text),
        _ => None,
    }
}
