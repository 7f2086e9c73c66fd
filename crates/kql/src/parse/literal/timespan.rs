//! Timespans: `1d`, `2.5h`, `1.02:03:04.5678901`, and how Kusto prints them.

use crate::lexer::ticks_per_unit;

const SECOND: i128 = 10_000_000;
const DAY: i128 = 86_400 * SECOND;

/// Ticks of 100 ns; `None` if the text is no timespan or does not fit.
pub fn timespan_ticks(text: &str) -> Option<i64> {
    let text = text.trim();
    let (sign, text) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest.trim_start()),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let ticks = if text.contains(':') {
        clock_ticks(text)
    } else {
        unit_ticks(text)
    }?;
    (sign * ticks).try_into().ok()
}

/// A number with a unit; without one it is a number of days.
fn unit_ticks(text: &str) -> Option<i128> {
    let digits_end = text
        .find(|c: char| c.is_ascii_alphabetic())
        .unwrap_or(text.len());
    let (digits, unit) = (text[..digits_end].trim_end(), &text[digits_end..]);
    let per_unit = ticks_per_unit(if unit.is_empty() { "d" } else { unit })?;
    if !digits.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
        return None;
    }
    if let Ok(whole) = digits.parse::<i64>()
        && per_unit >= 1.0
    {
        return Some(i128::from(whole) * per_unit as i128);
    }
    let ticks = digits.parse::<f64>().ok()? * per_unit;
    (ticks.abs() < i64::MAX as f64).then(|| ticks.round() as i128)
}

/// `[d.]hh:mm[:ss[.fffffff]]`
fn clock_ticks(text: &str) -> Option<i128> {
    let mut parts = text.split(':');
    let (days, hours) = match parts.next()?.split_once('.') {
        Some((days, hours)) => (number(days, u32::MAX)?, number(hours, 23)?),
        // More than 23 hours need no days before them.
        None => (0, number(text.split(':').next()?, 9_999_999)?),
    };
    let minutes = number(parts.next()?, 59)?;
    let (seconds, fraction) = match parts.next() {
        None => (0, 0),
        Some(text) => match text.split_once('.') {
            None => (number(text, 59)?, 0),
            Some((seconds, fraction)) => (number(seconds, 59)?, fraction_ticks(fraction)?),
        },
    };
    if parts.next().is_some() {
        return None;
    }
    let whole = ((hours * 60 + minutes) * 60 + seconds) * SECOND;
    Some(days * DAY + whole + fraction)
}

fn number(text: &str, max: u32) -> Option<i128> {
    let plain = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let value: u32 = text.parse().ok().filter(|_| plain)?;
    (value <= max).then_some(i128::from(value))
}

/// The digits after the point of a second; those beyond a tick are cut off.
pub(super) fn fraction_ticks(digits: &str) -> Option<i128> {
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let ticks = digits.bytes().chain(std::iter::repeat(b'0')).take(7);
    Some(ticks.fold(0, |ticks, digit| ticks * 10 + i128::from(digit - b'0')))
}

/// `[-][d.]hh:mm:ss[.fffffff]`
pub fn timespan_text(ticks: i64) -> String {
    let sign = if ticks < 0 { "-" } else { "" };
    let ticks = i128::from(ticks).abs();
    let (days, rest) = (ticks / DAY, ticks % DAY);
    let (seconds, fraction) = (rest / SECOND, rest % SECOND);
    let days = if days == 0 {
        String::new()
    } else {
        format!("{days}.")
    };
    let fraction = if fraction == 0 {
        String::new()
    } else {
        format!(".{fraction:07}")
    };
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!("{sign}{days}{hours:02}:{minutes:02}:{seconds:02}{fraction}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, printed: Option<&str>) {
        assert_eq!(
            timespan_ticks(text).map(timespan_text).as_deref(),
            printed,
            "{text}"
        );
    }

    #[test]
    fn forms() {
        check("1d", Some("1.00:00:00"));
        check("2.5h", Some("02:30:00"));
        check("90m", Some("01:30:00"));
        check("100ms", Some("00:00:00.1000000"));
        check("1microsecond", Some("00:00:00.0000010"));
        check("10ticks", Some("00:00:00.0000010"));
        check("200nanoseconds", Some("00:00:00.0000002"));
        check("-1d", Some("-1.00:00:00"));
        check("2", Some("2.00:00:00"));
        check("1.02:03:04.5", Some("1.02:03:04.5000000"));
        check("02:03", Some("02:03:00"));
        check("25:00", Some("1.01:00:00"));
        check("1.25:00:00", None);
        check("00:60:00", None);
        check("1x", None);
        check("", None);
        check("99999999999d", None);
    }
}
