//! Times as logs write them, to microseconds since 1970.
//!
//! Records hold ISO 8601 in the extended form; documents and exports also show the basic form, a blank
//! instead of `T`, fractions, offsets, and epoch numbers in seconds or milliseconds. What cannot be read is
//! `None`. There is no clock here.

const SECOND: i64 = 1_000_000;

/// Microseconds since 1970 of a time in text.
pub fn parse_time(text: &[u8]) -> Option<i64> {
    // The form of nearly every record: 2023-07-10T11:30:50Z.
    if let [
        y1,
        y2,
        y3,
        y4,
        b'-',
        m1,
        m2,
        b'-',
        d1,
        d2,
        b'T',
        h1,
        h2,
        b':',
        n1,
        n2,
        b':',
        s1,
        s2,
        b'Z',
    ] = *text
    {
        let pair = |a: u8, b: u8| number(&[a, b]);
        return instant(
            number(&[y1, y2, y3, y4])?,
            pair(m1, m2)?,
            pair(d1, d2)?,
            pair(h1, h2)?,
            pair(n1, n2)?,
            pair(s1, s2)?,
        );
    }
    let text = text.trim_ascii();
    epoch(text).or_else(|| iso(text))
}

/// RFC 3339 in UTC, with whole seconds, and a fraction only where there is one.
pub fn format_time(micros: i64) -> String {
    let (seconds, fraction) = (micros.div_euclid(SECOND), micros.rem_euclid(SECOND));
    let (days, of_day) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let shifted = days + 719_468;
    let (era, of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let years = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * years + years / 4 - years / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = years + era * 400 + i64::from(month <= 2);
    let mut text = String::with_capacity(27);
    match u32::try_from(year) {
        Ok(year @ 0..=9999) => {
            push_two(&mut text, year / 100);
            push_two(&mut text, year % 100);
        }
        _ => text.push_str(&format!("{year:04}")),
    }
    for (before, number) in [
        ('-', month),
        ('-', day),
        ('T', of_day / 3600),
        (':', of_day / 60 % 60),
        (':', of_day % 60),
    ] {
        text.push(before);
        push_two(&mut text, number as u32);
    }
    if fraction != 0 {
        text.push_str(format!(".{fraction:06}").trim_end_matches('0'));
    }
    text.push('Z');
    text
}

/// Two digits of a number below a hundred.
fn push_two(text: &mut String, number: u32) {
    for digit in [number / 10, number % 10] {
        text.push((b'0' + digit as u8) as char);
    }
}

/// Seconds, or milliseconds, microseconds, nanoseconds when there are too many digits for seconds.
fn epoch(text: &[u8]) -> Option<i64> {
    let whole = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, fraction) = match &text[whole..] {
        [] => (&text[..whole], 0),
        [b'.', fraction @ ..] => (&text[..whole], fraction_micros(fraction)?.0),
        _ => return None,
    };
    let value: i64 = std::str::from_utf8(digits).ok()?.parse().ok()?;
    match digits.len() {
        9..=11 => Some(value * SECOND + fraction),
        12..=14 => Some(value * 1_000),
        15..=17 => Some(value),
        18..=19 => Some(value / 1_000),
        _ => None,
    }
}

fn iso(text: &[u8]) -> Option<i64> {
    let mut rest = text;
    let year = take(&mut rest, 4)?;
    let extended = skip(&mut rest, b"-");
    let month = take(&mut rest, 2)?;
    if extended && !skip(&mut rest, b"-") {
        return None;
    }
    let day = take(&mut rest, 2)?;
    if rest.is_empty() {
        return instant(year, month, day, 0, 0, 0);
    }
    if !skip(&mut rest, b"Tt ") {
        return None;
    }
    let hour = take(&mut rest, 2)?;
    let extended = skip(&mut rest, b":");
    let minute = take(&mut rest, 2)?;
    let mut second = 0;
    if (extended && skip(&mut rest, b":"))
        || (!extended && rest.first().is_some_and(u8::is_ascii_digit))
    {
        second = take(&mut rest, 2)?;
    }
    let mut micros = instant(year, month, day, hour, minute, second)?;
    if skip(&mut rest, b".,") {
        let (fraction, length) = fraction_micros(rest)?;
        micros += fraction;
        rest = &rest[length..];
    }
    while skip(&mut rest, b" ") {}
    match rest {
        [] | [b'Z' | b'z'] => Some(micros),
        b"UTC" | b"GMT" => Some(micros),
        [sign @ (b'+' | b'-'), offset @ ..] => {
            let mut offset = offset;
            let hours = take(&mut offset, 2)?;
            let _ = skip(&mut offset, b":");
            let minutes = if offset.is_empty() {
                0
            } else {
                take(&mut offset, 2)?
            };
            if !offset.is_empty() || hours > 23 || minutes > 59 {
                return None;
            }
            let seconds = hours * 3600 + minutes * 60;
            Some(if *sign == b'+' {
                micros - seconds * SECOND
            } else {
                micros + seconds * SECOND
            })
        }
        _ => None,
    }
}

/// A date and a time of day in UTC. A leap second counts as the second before it.
fn instant(year: i64, month: i64, day: i64, hour: i64, minute: i64, second: i64) -> Option<i64> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let longest = match month {
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => 31,
    };
    if year < 1
        || !(1..=12).contains(&month)
        || day < 1
        || day > longest
        || hour > 23
        || minute > 59
        || second > 60
    {
        return None;
    }
    // Days since 1970, with years that start in March so that the leap day comes last.
    let (years, months) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let (era, of_era) = (years.div_euclid(400), years.rem_euclid(400));
    let of_year = (153 * months + 2) / 5 + day - 1;
    let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468;
    Some((days * 86_400 + hour * 3600 + minute * 60 + second.min(59)) * SECOND)
}

/// The microseconds of the digits after a decimal point, and how many digits there are.
fn fraction_micros(text: &[u8]) -> Option<(i64, usize)> {
    let length = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if length == 0 {
        return None;
    }
    let micros = text[..length].iter().chain([b'0'; 6].iter()).take(6);
    Some((
        micros.fold(0, |sum, digit| sum * 10 + i64::from(digit - b'0')),
        length,
    ))
}

fn number(digits: &[u8]) -> Option<i64> {
    digits.iter().try_fold(0, |sum, digit| {
        digit
            .is_ascii_digit()
            .then(|| sum * 10 + i64::from(digit - b'0'))
    })
}

fn take(rest: &mut &[u8], count: usize) -> Option<i64> {
    let value = number(rest.get(..count)?)?;
    *rest = &rest[count..];
    Some(value)
}

fn skip(rest: &mut &[u8], any_of: &[u8]) -> bool {
    let found = rest.first().is_some_and(|byte| any_of.contains(byte));
    *rest = &rest[usize::from(found)..];
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(texts: &[&str], micros: Option<i64>) {
        for text in texts {
            assert_eq!(parse_time(text.as_bytes()), micros, "{text}");
        }
    }

    #[test]
    fn every_form_of_one_instant() {
        check(
            &[
                "2023-07-10T11:30:50Z",
                "20230710T113050Z",
                "2023-07-10 11:30:50",
                "2023-07-10 11:30:50.000000000",
                "2023-07-10T13:30:50+02:00",
                "2023-07-10T06:00:50-0530",
                "2023-07-10T11:30:50.0Z",
                "2023-07-10T11:30:50 UTC",
                "1688988650",
                "1688988650000",
                "1688988650.0",
            ],
            Some(1_688_988_650 * SECOND),
        );
    }

    #[test]
    fn fractions_and_days() {
        check(
            &[
                "2025-02-19 20:13:49.123456789",
                "2025-02-19T20:13:49.123456Z",
            ],
            Some(1_739_996_029_123_456),
        );
        check(&["2024-02-29", "20240229"], Some(1_709_164_800 * SECOND));
        check(&["1969-12-31T23:59:59Z"], Some(-SECOND));
        check(&["2016-12-31T23:59:60Z"], Some(1_483_228_799 * SECOND));
        check(&["0001-01-01T00:00:00Z"], Some(-62_135_596_800 * SECOND));
    }

    #[test]
    fn formatting_is_the_reverse() {
        for text in [
            "2023-07-10T11:30:50Z",
            "2024-02-29T23:59:59.5Z",
            "1969-12-31T00:00:00Z",
            "0001-01-01T00:00:00Z",
        ] {
            assert_eq!(
                parse_time(text.as_bytes()).map(format_time).as_deref(),
                Some(text)
            );
        }
    }

    #[test]
    fn what_is_no_time() {
        check(
            &[
                "",
                "redacted",
                "...",
                "2023-02-29T00:00:00Z",
                "2023-13-01T00:00:00Z",
                "2023-07-10T25:00:00Z",
                "2023-07-10X",
                "12",
                "2023-07-10T11:30:50+99:99",
            ],
            None,
        );
    }
}
