//! Sizes, instants and spans as people type them on a command line.

use std::time::Duration;

use jiff::{Timestamp, civil};

/// Ticks of 100 ns in a second.
pub const TICKS_PER_SECOND: i64 = 10_000_000;

/// `512MiB`, `2GB`, `1.5g`, or plain bytes.
pub fn parse_size(text: &str) -> Result<u64, String> {
    let text = text.trim();
    let digits = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let number: f64 = number
        .parse()
        .map_err(|_| format!("expected a size such as `512MiB`, found `{text}`"))?;
    let scale: f64 = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1.0,
        "k" | "kib" => 1024.0,
        "kb" => 1e3,
        "m" | "mib" => 1024.0 * 1024.0,
        "mb" => 1e6,
        "g" | "gib" => 1024.0 * 1024.0 * 1024.0,
        "gb" => 1e9,
        other => return Err(format!("unknown unit `{other}`: use KiB, MiB or GiB")),
    };
    Ok((number * scale) as u64)
}

/// A point in time, or a KQL timespan back from some "now".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeBound {
    At(i64),
    Back(i64),
}

impl TimeBound {
    /// The instant in ticks since 1970.
    pub fn resolve(self, now_ticks: i64) -> i64 {
        match self {
            TimeBound::At(ticks) => ticks,
            TimeBound::Back(ticks) => now_ticks.saturating_sub(ticks),
        }
    }
}

/// RFC 3339, a date (midnight UTC), or a KQL timespan such as `7d` or `90m`.
pub fn parse_time_bound(text: &str) -> Result<TimeBound, String> {
    let text = text.trim();
    if let Some(ticks) = parse_timespan(text) {
        return Ok(TimeBound::Back(ticks));
    }
    let instant = parse_instant(text).map(TimeBound::At);
    instant.map_err(|why| why.replacen(", found", " or a timespan such as `7d`, found", 1))
}

/// How long: a KQL timespan such as `90s` or `10m`, more than nothing.
pub fn parse_span(text: &str) -> Result<Duration, String> {
    let ticks = parse_timespan(text.trim()).and_then(|ticks| u64::try_from(ticks).ok());
    match ticks {
        Some(ticks) if ticks > 0 => Ok(Duration::from_nanos(ticks.saturating_mul(100))),
        _ => Err(format!(
            "expected a timespan such as `90s` or `10m`, found `{text}`"
        )),
    }
}

/// RFC 3339 or a date, in ticks since 1970.
pub fn parse_instant(text: &str) -> Result<i64, String> {
    let wrong = || match text.starts_with("9999-12-3") {
        true => format!(
            "`{text}` is later than the last instant there is, `{}`",
            Timestamp::MAX
        ),
        false => format!(
            "expected a time such as `2024-05-01T12:00:00Z` or `2024-05-01`, found `{text}`"
        ),
    };
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Ok(ticks(instant));
    }
    if let Ok(instant) = text.parse::<civil::DateTime>() {
        let zoned = instant
            .to_zoned(jiff::tz::TimeZone::UTC)
            .map_err(|_| wrong())?;
        return Ok(ticks(zoned.timestamp()));
    }
    let date: civil::Date = text.parse().map_err(|_| wrong())?;
    let zoned = date
        .to_zoned(jiff::tz::TimeZone::UTC)
        .map_err(|_| wrong())?;
    Ok(ticks(zoned.timestamp()))
}

/// The wall clock: read at the edge only, everything below takes it as an argument.
pub fn wall_clock_ticks() -> i64 {
    ticks(Timestamp::now())
}

/// The same in microseconds since 1970, as records and lakes have instants.
pub fn wall_clock_micros() -> i64 {
    wall_clock_ticks() / crate::data::TICKS_PER_MICROSECOND
}

fn ticks(instant: Timestamp) -> i64 {
    (instant.as_nanosecond() / 100) as i64
}

/// RFC 3339 with `Z`; a fraction only where there is one.
pub fn format_instant(ticks: i64) -> String {
    let nanoseconds = i128::from(ticks) * 100;
    Timestamp::from_nanosecond(nanoseconds)
        .map_or_else(|_| format!("{ticks} ticks"), |t| t.to_string())
}

/// `1d`, `2.5h`, `30m`, `10s`, `1d2h`.
fn parse_timespan(text: &str) -> Option<i64> {
    let mut rest = text;
    let mut total = 0f64;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, tail) = rest.split_at(digits);
        let letters = tail
            .find(|c: char| !c.is_ascii_alphabetic())
            .unwrap_or(tail.len());
        let (unit, next) = tail.split_at(letters);
        let seconds = match unit {
            "d" | "day" | "days" => 86_400.0,
            "h" | "hour" | "hours" => 3_600.0,
            "m" | "min" | "minute" | "minutes" => 60.0,
            "s" | "sec" | "second" | "seconds" => 1.0,
            "ms" => 1e-3,
            _ => return None,
        };
        total += number.parse::<f64>().ok()? * seconds;
        rest = next;
    }
    (!text.is_empty()).then_some((total * TICKS_PER_SECOND as f64) as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        assert_eq!(parse_size("512MiB"), Ok(512 << 20));
        assert_eq!(parse_size("1.5g"), Ok(3 << 29));
        assert_eq!(parse_size("4096"), Ok(4096));
        assert!(parse_size("many").is_err());
        assert!(parse_size("5 parsecs").is_err());
    }

    #[test]
    fn bounds() {
        let day = 86_400 * TICKS_PER_SECOND;
        assert_eq!(parse_time_bound("7d"), Ok(TimeBound::Back(7 * day)));
        assert_eq!(parse_time_bound("1970-01-02"), Ok(TimeBound::At(day)));
        assert_eq!(
            parse_time_bound("1970-01-02T00:00:00Z"),
            Ok(TimeBound::At(day))
        );
        assert_eq!(
            parse_time_bound("1970-01-02T00:00:00"),
            Ok(TimeBound::At(day))
        );
        assert!(parse_time_bound("yesterday").is_err());
        assert_eq!(TimeBound::Back(day).resolve(3 * day), 2 * day);
        assert_eq!(format_instant(day), "1970-01-02T00:00:00Z");
    }
}
