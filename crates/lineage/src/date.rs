//! Instants as minting events spell them.
//!
//! The answers of STS and IAM hold dates for people: `Jul 10, 2023, 6:38:25 PM`, with or without the second
//! comma, sometimes with a narrow blank before the last word. Other services write ISO 8601 or epoch numbers,
//! which `trail` reads. What cannot be read is `None`.

use keyline_trail::time::parse_time;

const MONTHS: [[u8; 3]; 12] = [
    *b"jan", *b"feb", *b"mar", *b"apr", *b"may", *b"jun", *b"jul", *b"aug", *b"sep", *b"oct",
    *b"nov", *b"dec",
];

/// Microseconds since 1970.
pub(crate) fn instant(text: &str) -> Option<i64> {
    let text = text.trim();
    if text.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return match text.is_ascii() {
            true => for_people(text.as_bytes()),
            false => for_people(text.replace(char::is_whitespace, " ").as_bytes()),
        };
    }
    parse_time(text.as_bytes())
}

/// A byte at a time, as every minted session has such a date.
fn for_people(text: &[u8]) -> Option<i64> {
    let mut words = text
        .split(|byte| *byte == b',' || byte.is_ascii_whitespace())
        .filter(|word| !word.is_empty());
    let month = *words.next()?.first_chunk::<3>()?;
    let month = month.map(|byte| byte.to_ascii_lowercase());
    let month = MONTHS.iter().position(|name| *name == month)? as u32 + 1;
    let (day, year) = (number(words.next()?)?, number(words.next()?)?);
    let mut clock = words.next()?.splitn(3, |byte| *byte == b':');
    let (hour, minute) = (number(clock.next()?)?, number(clock.next()?)?);
    let second = clock.next().and_then(number).unwrap_or(0);
    let half = words.next();
    let is = |name: &[u8]| half.is_some_and(|half| half.eq_ignore_ascii_case(name));
    let hour = match () {
        () if is(b"PM") && (1..=12).contains(&hour) => hour % 12 + 12,
        () if is(b"AM") && (1..=12).contains(&hour) => hour % 12,
        () if half.is_none() || is(b"UTC") || is(b"GMT") || is(b"Z") => hour,
        () => return None,
    };
    let mut iso = *b"0000-00-00T00:00:00Z";
    for (place, digits, mut number) in [
        (0, 4, year),
        (5, 2, month),
        (8, 2, day),
        (11, 2, hour),
        (14, 2, minute),
        (17, 2, second),
    ] {
        for digit in iso[place..place + digits].iter_mut().rev() {
            *digit = b'0' + (number % 10) as u8;
            number /= 10;
        }
        if number > 0 {
            return None;
        }
    }
    parse_time(&iso)
}

fn number(digits: &[u8]) -> Option<u32> {
    let add = |sum: u32, digit: &u8| match digit {
        b'0'..=b'9' => Some(10 * sum + u32::from(digit - b'0')),
        _ => None,
    };
    let fits = matches!(digits.len(), 1..=9);
    fits.then(|| digits.iter().try_fold(0, add))?
}

#[cfg(test)]
mod tests {
    use super::instant;
    use keyline_trail::time::format_time;

    #[test]
    fn every_spelling_of_one_instant() {
        for text in [
            "Jul 10, 2023, 6:38:25 PM",
            "Jul 10, 2023 6:38:25 PM",
            "Jul 10, 2023, 6:38:25\u{202f}PM",
            " july\t10,2023\u{a0}18:38:25 utc ",
            "2023-07-10T18:38:25Z",
            "1689014305",
        ] {
            let found = instant(text).map(format_time);
            assert_eq!(found.as_deref(), Some("2023-07-10T18:38:25Z"), "{text}");
        }
    }

    #[test]
    fn midnight_noon_and_what_is_no_date() {
        for (text, expected) in [
            ("Dec 1, 2024, 12:00:01 AM", Some("2024-12-01T00:00:01Z")),
            ("Dec 1, 2024, 12:00:01 PM", Some("2024-12-01T12:00:01Z")),
            ("Feb 30, 2024, 1:00:00 PM", None),
            ("Jul 10, 2023, 16:38:25 PM", None),
            ("Smarch 1, 2024, 1:00:00 AM", None),
            ("", None),
            ("REDACTED", None),
        ] {
            let found = instant(text).map(format_time);
            assert_eq!(found.as_deref(), expected, "{text}");
        }
    }
}
