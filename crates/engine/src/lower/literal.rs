//! KQL values as Arrow scalars, and KQL types as Arrow types.

use arrow_schema::DataType;
use datafusion::common::ScalarValue;
use datafusion::logical_expr::{Expr, lit};
use keyline_kql::types::{Type, Value};

/// Precision and scale of a decimal.
pub const DECIMAL: (u8, i8) = (38, 10);

pub fn data_type(ty: Type) -> DataType {
    match ty {
        Type::Bool => DataType::Boolean,
        Type::Int => DataType::Int32,
        Type::Long | Type::DateTime | Type::TimeSpan => DataType::Int64,
        Type::Real => DataType::Float64,
        Type::Decimal => DataType::Decimal128(DECIMAL.0, DECIMAL.1),
        Type::String | Type::Guid | Type::Dynamic => DataType::Utf8View,
    }
}

pub fn null(ty: Type) -> ScalarValue {
    match ty {
        Type::Bool => ScalarValue::Boolean(None),
        Type::Int => ScalarValue::Int32(None),
        Type::Long | Type::DateTime | Type::TimeSpan => ScalarValue::Int64(None),
        Type::Real => ScalarValue::Float64(None),
        Type::Decimal => ScalarValue::Decimal128(None, DECIMAL.0, DECIMAL.1),
        Type::String => ScalarValue::Utf8View(Some(String::new())),
        Type::Guid | Type::Dynamic => ScalarValue::Utf8View(None),
    }
}

pub fn scalar(value: &Value) -> ScalarValue {
    match value {
        Value::Null(ty) => null(*ty),
        Value::Bool(v) => ScalarValue::Boolean(Some(*v)),
        Value::Int(v) => ScalarValue::Int32(Some(*v)),
        Value::Long(v) | Value::DateTime(v) | Value::TimeSpan(v) => ScalarValue::Int64(Some(*v)),
        Value::Real(v) => ScalarValue::Float64(Some(*v)),
        Value::Decimal(text) => ScalarValue::Decimal128(parse_decimal(text), DECIMAL.0, DECIMAL.1),
        Value::String(v) | Value::Guid(v) | Value::Dynamic(v) => {
            ScalarValue::Utf8View(Some(v.clone()))
        }
    }
}

pub fn literal(value: &Value) -> Expr {
    lit(scalar(value))
}

/// Decimal text to its digits at our scale; `None` when it does not fit.
fn parse_decimal(text: &str) -> Option<i128> {
    let (mantissa, exponent) = match text.find(['e', 'E']) {
        Some(at) => (&text[..at], text[at + 1..].parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (sign, digits) = match mantissa.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, mantissa.strip_prefix('+').unwrap_or(mantissa)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let mut number: i128 = 0;
    for digit in whole.chars().chain(fraction.chars()) {
        number = number
            .checked_mul(10)?
            .checked_add(i128::from(digit.to_digit(10)?))?;
    }
    let shift = i32::from(DECIMAL.1) + exponent - i32::try_from(fraction.len()).ok()?;
    for _ in 0..shift.unsigned_abs().min(80) {
        number = if shift > 0 {
            number.checked_mul(10)?
        } else {
            number / 10
        };
    }
    let limit = 10_i128.checked_pow(u32::from(DECIMAL.0))?;
    (number < limit).then_some(sign * number)
}
