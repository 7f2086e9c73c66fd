//! Lengths of time as rules write them, to ticks of 100 ns and back.
//!
//! `1d`, `12h`, `30m`, `1d12h` (KQL), `PT5H`, `P1DT30M` (ISO 8601, as the API exports them) and
//! `1.12:00:00` (.NET). Months and years have no fixed length and are refused.

pub const TICKS_PER_SECOND: i64 = 10_000_000;
pub const TICKS_PER_MINUTE: i64 = 60 * TICKS_PER_SECOND;
pub const TICKS_PER_HOUR: i64 = 60 * TICKS_PER_MINUTE;
pub const TICKS_PER_DAY: i64 = 24 * TICKS_PER_HOUR;

/// `None` when the text is no length of time or does not fit.
pub fn parse(text: &str) -> Option<i64> {
    let text = text.trim();
    let upper = text.to_ascii_uppercase();
    if let Some(rest) = upper.strip_prefix('P') {
        return parse_iso(rest);
    }
    if text.contains(':') {
        parse_clock(text)
    } else {
        parse_units(text)
    }
}

/// The shortest KQL form: `1d`, `90m`, `1d12h`.
pub fn format(ticks: i64) -> String {
    let units = [
        ("d", TICKS_PER_DAY),
        ("h", TICKS_PER_HOUR),
        ("m", TICKS_PER_MINUTE),
    ];
    let mut left = ticks.unsigned_abs();
    let mut text = String::from(if ticks < 0 { "-" } else { "" });
    for (unit, size) in units {
        let count = left / size.unsigned_abs();
        left %= size.unsigned_abs();
        if count > 0 {
            text.push_str(&format!("{count}{unit}"));
        }
    }
    if left > 0 || text.is_empty() || text == "-" {
        let whole = left / TICKS_PER_SECOND.unsigned_abs();
        let fraction = format!("{:07}", left % TICKS_PER_SECOND.unsigned_abs());
        let fraction = fraction.trim_end_matches('0');
        let point = if fraction.is_empty() { "" } else { "." };
        text.push_str(&format!("{whole}{point}{fraction}s"));
    }
    text
}

fn parse_units(text: &str) -> Option<i64> {
    let mut total: i64 = 0;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let number: i64 = rest[..digits].parse().ok()?;
        rest = rest[digits..].trim_start();
        let letters = rest
            .find(|c: char| !c.is_ascii_alphabetic())
            .unwrap_or(rest.len());
        let size = match rest[..letters].to_ascii_lowercase().as_str() {
            "d" | "day" | "days" => TICKS_PER_DAY,
            "h" | "hr" | "hour" | "hours" => TICKS_PER_HOUR,
            "m" | "min" | "minute" | "minutes" => TICKS_PER_MINUTE,
            "s" | "sec" | "second" | "seconds" => TICKS_PER_SECOND,
            _ => return None,
        };
        total = total.checked_add(number.checked_mul(size)?)?;
        rest = rest[letters..].trim_start();
    }
    (!text.is_empty()).then_some(total)
}

fn parse_iso(text: &str) -> Option<i64> {
    let (date, time) = match text.split_once('T') {
        Some((_, "")) => return None,
        Some((date, time)) => (date, time),
        None => (text, ""),
    };
    let days = if let Some(weeks) = date.strip_suffix('W') {
        weeks.parse::<i64>().ok()?.checked_mul(7 * TICKS_PER_DAY)?
    } else if date.is_empty() {
        0
    } else {
        date.strip_suffix('D')?
            .parse::<i64>()
            .ok()?
            .checked_mul(TICKS_PER_DAY)?
    };
    let clock = if time.is_empty() {
        0
    } else {
        parse_units(time)?
    };
    (!text.is_empty() && days >= 0).then_some(days.checked_add(clock)?)
}

fn parse_clock(text: &str) -> Option<i64> {
    let (days, clock) = match text.split_once('.') {
        Some((days, clock)) if !days.contains(':') => (days.parse::<u32>().ok()?, clock),
        _ => (0, text),
    };
    let mut parts = clock.split(':');
    let hours: u32 = parts.next()?.parse().ok()?;
    let minutes: u32 = parts.next()?.parse().ok()?;
    let seconds: u32 = parts.next().unwrap_or("0").parse().ok()?;
    let fits = hours < 24 && minutes < 60 && seconds < 60 && parts.next().is_none();
    fits.then(|| {
        i64::from(days) * TICKS_PER_DAY
            + i64::from(hours) * TICKS_PER_HOUR
            + i64::from(minutes) * TICKS_PER_MINUTE
            + i64::from(seconds) * TICKS_PER_SECOND
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_are_read() {
        let cases = [
            ("1d", "1d"),
            ("14d", "14d"),
            ("PT5H", "5h"),
            ("pt15m", "15m"),
            ("P1DT2H", "1d2h"),
            ("P14D", "14d"),
            ("P2W", "14d"),
            ("1d12h", "1d12h"),
            ("90m", "1h30m"),
            ("30s", "30s"),
            ("1.12:30:00", "1d12h30m"),
            ("00:05:00", "5m"),
            ("5 hours", "5h"),
            ("0m", "0s"),
            ("", "-"),
            ("P", "-"),
            ("PT", "-"),
            ("P1M", "-"),
            ("1w", "-"),
            ("h", "-"),
            ("5", "-"),
            ("-1d", "-"),
            ("25:00:00", "-"),
            ("99999999999999d", "-"),
            ("P99999999999999D", "-"),
            ("99999999999999999999d", "-"),
        ];
        for (text, expected) in cases {
            let found = parse(text).map_or("-".to_string(), format);
            assert_eq!(found, expected, "{text}");
        }
    }
}
