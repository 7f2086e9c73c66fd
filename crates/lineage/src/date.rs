//! Instants as minting events spell them.
//!
//! The answers of STS and IAM hold dates for people: `Jul 10, 2023, 6:38:25 PM`, with or without the second
//! comma, sometimes with a narrow blank before the last word. Other services write ISO 8601 or epoch numbers,
//! which `trail` reads. What cannot be read is `None`.

use keyline_trail::time::parse_time;

const MONTHS: [&str; 12] = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
];

/// Microseconds since 1970.
pub(crate) fn instant(text: &str) -> Option<i64> {
    parse_time(text.as_bytes()).or_else(|| for_people(text))
}

fn for_people(text: &str) -> Option<i64> {
    let mut words = text
        .split(|c: char| c.is_whitespace() || c == ',')
        .filter(|word| !word.is_empty());
    let month = words.next()?.get(..3)?.to_ascii_lowercase();
    let month = MONTHS.iter().position(|name| *name == month)? + 1;
    let day: u32 = words.next()?.parse().ok()?;
    let year: u32 = words.next()?.parse().ok()?;
    let mut clock = words.next()?.splitn(3, ':');
    let mut number = || clock.next()?.parse::<u32>().ok();
    let (hour, minute, second) = (number()?, number()?, number().unwrap_or(0));
    let hour = match words.next().map(str::to_ascii_uppercase).as_deref() {
        Some("PM") if (1..=12).contains(&hour) => hour % 12 + 12,
        Some("AM") if (1..=12).contains(&hour) => hour % 12,
        None | Some("UTC" | "GMT" | "Z") => hour,
        _ => return None,
    };
    let mut iso = *b"0000-00-00T00:00:00Z";
    for (place, digits, mut number) in [
        (0, 4, year),
        (5, 2, month as u32),
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
