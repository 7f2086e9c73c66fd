//! Numbers from text, as Kusto reads them.

use crate::functions::kernel::DECIMAL_ONE;

/// Decimal digits with a sign, or `0x` and up to 16 hexadecimal digits.
pub fn parse_long(text: &str) -> Option<i64> {
    let text = text.trim();
    if let Some(digits) = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        return u64::from_str_radix(digits, 16).ok().map(u64::cast_signed);
    }
    text.parse().ok()
}

pub fn parse_real(text: &str) -> Option<f64> {
    text.trim().parse().ok()
}

/// Decimal text as a count of 10⁻¹⁰; digits beyond the 10th are cut off.
pub fn parse_decimal(text: &str) -> Option<i128> {
    let text = text.trim();
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if let Some((mantissa, exponent)) = digits.split_once(['e', 'E']) {
        let exponent: i32 = exponent.parse().ok()?;
        let value = scaled(plain_decimal(mantissa)?, exponent)?;
        return Some(if negative { -value } else { value });
    }
    let value = plain_decimal(digits)?;
    Some(if negative { -value } else { value })
}

fn plain_decimal(text: &str) -> Option<i128> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let is_number = !(whole.is_empty() && fraction.is_empty())
        && whole
            .bytes()
            .chain(fraction.bytes())
            .all(|byte| byte.is_ascii_digit());
    if !is_number {
        return None;
    }
    let whole: i128 = if whole.is_empty() {
        0
    } else {
        whole.parse().ok()?
    };
    let fraction = format!("{:0<10}", &fraction[..fraction.len().min(10)]);
    whole
        .checked_mul(DECIMAL_ONE)?
        .checked_add(fraction.parse().ok()?)
}

fn scaled(mut value: i128, exponent: i32) -> Option<i128> {
    for _ in 0..exponent.unsigned_abs().min(64) {
        value = if exponent > 0 {
            value.checked_mul(10)?
        } else {
            value / 10
        };
    }
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        assert_eq!(parse_long("0xFFFFFFFFFFFFFFFF"), Some(-1));
        assert_eq!(parse_long("-0x10"), None);
        assert_eq!(parse_long("5.9"), None);
        assert_eq!(parse_long(""), None);
        assert_eq!(parse_real("5."), Some(5.0));
        assert_eq!(parse_real("1 000"), None);
        assert_eq!(parse_decimal("-1.5"), Some(-3 * DECIMAL_ONE / 2));
        assert_eq!(parse_decimal("1.5e1"), Some(15 * DECIMAL_ONE));
        assert_eq!(parse_decimal("abc"), None);
        assert_eq!(parse_decimal("."), None);
    }
}
