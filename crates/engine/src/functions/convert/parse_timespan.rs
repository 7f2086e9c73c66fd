//! Timespans from text: `[-][d.]hh:mm[:ss[.fffffff]]`, or a number with a unit as in a literal.

use crate::functions::civil::{TICK_DAY, TICK_HOUR, TICK_MINUTE, TICK_SECOND};

/// Ticks.
pub fn parse_timespan(text: &str) -> Option<i64> {
    let text = text.trim();
    let (negative, rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let ticks = if rest.contains(':') {
        parse_clock(rest)?
    } else {
        parse_unit(rest)?
    };
    let ticks = if negative { -ticks } else { ticks };
    i64::try_from(ticks).ok()
}

fn parse_clock(text: &str) -> Option<i128> {
    let (head, rest) = text.split_once(':')?;
    let (days, hours) = match head.split_once('.') {
        Some((days, hours)) => (digits(days)?, digits(hours)?),
        None => (0, digits(head)?),
    };
    let (minutes, seconds) = match rest.split_once(':') {
        Some((minutes, seconds)) => (digits(minutes)?, seconds),
        None => (digits(rest)?, "0"),
    };
    let (seconds, fraction) = seconds.split_once('.').unwrap_or((seconds, ""));
    let seconds = digits(seconds)?;
    if hours > 23 || minutes > 59 || seconds > 59 {
        return None;
    }
    let ticks = days * i128::from(TICK_DAY)
        + hours * i128::from(TICK_HOUR)
        + minutes * i128::from(TICK_MINUTE)
        + seconds * i128::from(TICK_SECOND)
        + fraction_ticks(fraction)?;
    Some(ticks)
}

/// The digits behind the point of a second, as ticks.
pub fn fraction_ticks(text: &str) -> Option<i128> {
    if text.is_empty() {
        return Some(0);
    }
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    digits(&format!("{:0<7}", &text[..text.len().min(7)]))
}

fn digits(text: &str) -> Option<i128> {
    if text.is_empty() || text.len() > 12 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

fn parse_unit(text: &str) -> Option<i128> {
    let unit_at = text
        .find(|c: char| c.is_ascii_alphabetic())
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(unit_at);
    let number = number.trim();
    let unit = unit_ticks(&unit.to_ascii_lowercase())?;
    let is_bare = unit_at == text.len();
    if let Ok(whole) = number.parse::<i64>() {
        return i128::from(whole).checked_mul(i128::from(unit));
    }
    // A bare number is days, and whole.
    let real: f64 = number.parse().ok().filter(|_| !is_bare)?;
    let ticks = (real * unit as f64).round();
    (ticks.abs() < 9.3e18).then_some(ticks as i128)
}

fn unit_ticks(unit: &str) -> Option<i64> {
    Some(match unit {
        "" | "d" | "day" | "days" => TICK_DAY,
        "h" | "hr" | "hrs" | "hour" | "hours" => TICK_HOUR,
        "m" | "min" | "minute" | "minutes" => TICK_MINUTE,
        "s" | "sec" | "second" | "seconds" => TICK_SECOND,
        "ms" | "milli" | "millis" | "millisec" | "millisecond" | "milliseconds" => 10_000,
        "micro" | "micros" | "microsec" | "microsecond" | "microseconds" => 10,
        "tick" | "ticks" => 1,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timespans() {
        for (text, ticks) in [
            (
                "1.02:03:04.5",
                Some(TICK_DAY + 2 * TICK_HOUR + 3 * TICK_MINUTE + 45_000_000),
            ),
            ("-00:30:00", Some(-30 * TICK_MINUTE)),
            ("13:00", Some(13 * TICK_HOUR)),
            ("1d", Some(TICK_DAY)),
            ("1.5h", Some(90 * TICK_MINUTE)),
            ("abc", None),
            ("", None),
            ("25:00:00", None),
        ] {
            assert_eq!(parse_timespan(text), ticks, "{text}");
        }
    }
}
