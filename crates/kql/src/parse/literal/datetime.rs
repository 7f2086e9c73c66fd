//! Datetimes: the forms that Kusto reads, and how it prints them.

use super::timespan::fraction_ticks;

const SECOND: i64 = 10_000_000;
const DAY_SECONDS: i64 = 86_400;

/// Ticks of 100 ns since 1970-01-01T00:00:00Z; `None` if the text is no datetime.
///
/// Read are ISO 8601 (any part from the right may be missing), RFC 822 (`Sat, 8 Nov 14 15:05:02
/// GMT`), RFC 850 (`Saturday, 08-Nov-14 15:05:02 GMT`) and American dates (`11/8/2014 3:05:02 PM`).
pub fn datetime_ticks(text: &str) -> Option<i64> {
    let mut parts = Parts { rest: text.trim() };
    let (year, month, day) = parts.date()?;
    let days = days_from_civil(year, month, day)?;
    let clock = parts.clock()?;
    let offset = parts.offset()?;
    if !parts.rest.is_empty() {
        return None;
    }
    let seconds = days * DAY_SECONDS - offset;
    Some(seconds * SECOND + clock)
}

/// What is left of the text.
struct Parts<'a> {
    rest: &'a str,
}

impl<'a> Parts<'a> {
    fn eat(&mut self, prefix: char) -> Option<()> {
        self.rest = self.rest.strip_prefix(prefix)?;
        Some(())
    }

    fn skip_spaces(&mut self) {
        self.rest = self.rest.trim_start();
    }

    /// A number of `most` digits at most.
    fn number(&mut self, most: usize) -> Option<i64> {
        let length = self
            .rest
            .bytes()
            .take(most)
            .take_while(u8::is_ascii_digit)
            .count();
        let (digits, rest) = self.rest.split_at(length);
        self.rest = rest;
        digits.parse().ok()
    }

    fn letters(&mut self) -> &'a str {
        let length = self
            .rest
            .bytes()
            .take_while(u8::is_ascii_alphabetic)
            .count();
        let (letters, rest) = self.rest.split_at(length);
        self.rest = rest;
        letters
    }

    fn date(&mut self) -> Option<(i64, i64, i64)> {
        if self.rest.starts_with(|c: char| c.is_ascii_alphabetic()) {
            // The day of the week says nothing new.
            let day = self.letters();
            if !WEEKDAYS.contains(&day.get(..3)?.to_ascii_lowercase().as_str()) {
                return None;
            }
            self.eat(',');
            self.skip_spaces();
        }
        let digits = self.rest.bytes().take_while(u8::is_ascii_digit).count();
        let first = self.number(4)?;
        if self.separator().is_some() {
            if self.rest.starts_with(|c: char| c.is_ascii_alphabetic()) {
                return self.day_first(first);
            }
            return match digits {
                4 => self.year_first(first),
                _ => self.month_first(first),
            };
        }
        if digits == 4
            && !self
                .rest
                .trim_start()
                .starts_with(|c: char| c.is_ascii_alphabetic())
        {
            return Some((first, 1, 1));
        }
        self.day_first(first)
    }

    /// What stands between the numbers of a date, space around it allowed.
    fn separator(&mut self) -> Option<()> {
        let rest = self.rest.trim_start();
        self.rest = rest.strip_prefix(['-', '/', '.', ','])?.trim_start();
        Some(())
    }

    /// `2024-01-31`, `2024/1/31`, `2024, 1, 31`, `2024-01`, `2024.01`
    fn year_first(&mut self, year: i64) -> Option<(i64, i64, i64)> {
        let month = self.number(2)?;
        if self.separator().is_none() {
            return Some((year, month, 1));
        }
        Some((year, month, self.number(2)?))
    }

    /// `11/8/2014`, `11-08-2014`
    fn month_first(&mut self, month: i64) -> Option<(i64, i64, i64)> {
        let day = self.number(2)?;
        self.separator()?;
        Some((self.number(4)?, month, day))
    }

    /// `8 Nov 14`, `08 November 2014`, and the rest of `08-Nov-14`
    fn day_first(&mut self, day: i64) -> Option<(i64, i64, i64)> {
        self.skip_spaces();
        let name = self.letters().get(..3)?.to_ascii_lowercase();
        let month = MONTHS.iter().position(|month| *month == name)? as i64 + 1;
        self.separator();
        self.skip_spaces();
        let before = self.rest.len();
        let year = self.number(4)?;
        // Two digits: 1950 to 2049.
        let century = if year < 50 { 2000 } else { 1900 };
        let short = before - self.rest.len() <= 2;
        Some((if short { year + century } else { year }, month, day))
    }

    /// The time of day in ticks; midnight when there is none.
    fn clock(&mut self) -> Option<i64> {
        let separated = self.eat('T').or_else(|| self.eat('t')).is_some();
        self.skip_spaces();
        if !self.rest.starts_with(|c: char| c.is_ascii_digit()) {
            return (!separated).then_some(0);
        }
        let mut hour = self.number(2)?;
        self.eat(':')?;
        let minute = self.number(2)?;
        let mut second = 0;
        let mut fraction = 0;
        if self.eat(':').is_some() {
            second = self.number(2)?;
            if self.eat('.').or_else(|| self.eat(',')).is_some() {
                let length = self.rest.bytes().take_while(u8::is_ascii_digit).count();
                fraction = fraction_ticks(&self.rest[..length])? as i64;
                self.rest = &self.rest[length..];
            }
        }
        let half = self
            .rest
            .trim_start()
            .get(..2)
            .unwrap_or("")
            .to_ascii_lowercase();
        if half == "am" || half == "pm" {
            if !(1..=12).contains(&hour) {
                return None;
            }
            hour = hour % 12 + if half == "pm" { 12 } else { 0 };
            self.rest = &self.rest.trim_start()[2..];
        }
        // 24:00 is the midnight that ends the day.
        let end_of_day = hour == 24 && minute == 0 && second == 0 && fraction == 0;
        if (hour > 23 && !end_of_day) || minute > 59 || second > 59 {
            return None;
        }
        Some(((hour * 60 + minute) * 60 + second) * SECOND + fraction)
    }

    /// Seconds east of UTC; what has no offset is UTC.
    fn offset(&mut self) -> Option<i64> {
        self.skip_spaces();
        let sign = match self.rest.chars().next() {
            None => return Some(0),
            Some('+') => 1,
            Some('-') => -1,
            Some(_) => {
                let name = self.letters();
                let utc = ["z", "utc", "gmt", "ut"].contains(&name.to_ascii_lowercase().as_str());
                return utc.then_some(0);
            }
        };
        self.rest = &self.rest[1..];
        let hours = self.number(2)?;
        self.eat(':');
        let minutes = if self.rest.is_empty() {
            0
        } else {
            self.number(2)?
        };
        (hours <= 14 && minutes <= 59).then_some(sign * (hours * 60 + minutes) * 60)
    }
}

const WEEKDAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

const MONTHS: [&str; 12] = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
];

/// Days since 1970-01-01 of a date in the years 1 to 9999, which are all that Kusto has.
fn days_from_civil(year: i64, month: i64, day: i64) -> Option<i64> {
    if !(1..=9999).contains(&year) || !(1..=12).contains(&month) {
        return None;
    }
    if !(1..=days_in_month(year, month)).contains(&day) {
        return None;
    }
    // Counted in years that begin in March, so that the leap day is the last.
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let days_of_months = (153 * month + 2) / 5;
    let days_of_years =
        365 * year + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    Some(days_of_years + days_of_months + day - 1 - 719_468)
}

fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

/// `2024-01-31T12:00:00.0000000Z`, as Kusto prints a datetime within a dynamic.
pub fn datetime_text(ticks: i64) -> String {
    let (seconds, fraction) = (ticks.div_euclid(SECOND), ticks.rem_euclid(SECOND));
    let (days, clock) = (
        seconds.div_euclid(DAY_SECONDS),
        seconds.rem_euclid(DAY_SECONDS),
    );
    let (year, month, day) = civil_from_days(days);
    let (hour, minute, second) = (clock / 3600, clock / 60 % 60, clock % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{fraction:07}Z")
}

fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let (year, month) = if month < 10 {
        (0, month + 3)
    } else {
        (1, month - 9)
    };
    (era * 400 + year_of_era + year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, printed: Option<&str>) {
        assert_eq!(
            datetime_ticks(text).map(datetime_text).as_deref(),
            printed,
            "{text}"
        );
    }

    #[test]
    fn iso() {
        check("2024-02-29", Some("2024-02-29T00:00:00.0000000Z"));
        check("2024-01", Some("2024-01-01T00:00:00.0000000Z"));
        check("2024", Some("2024-01-01T00:00:00.0000000Z"));
        check(
            "2015-12-31 23:59:59.9",
            Some("2015-12-31T23:59:59.9000000Z"),
        );
        check(
            "2014-11-08T15:55:55.123456Z",
            Some("2014-11-08T15:55:55.1234560Z"),
        );
        check(
            "2014-05-25T08:20:03.1234567891Z",
            Some("2014-05-25T08:20:03.1234567Z"),
        );
        check(
            "2014-11-08T15:55+02:00",
            Some("2014-11-08T13:55:00.0000000Z"),
        );
        check("0001-01-01", Some("0001-01-01T00:00:00.0000000Z"));
        check(
            "9999-12-31T23:59:59.9999999Z",
            Some("9999-12-31T23:59:59.9999999Z"),
        );
        check("2023-02-29", None);
        check("2024-13-01", None);
        check("2024-01-01T25:00", None);
        check("2024-01-01T", None);
        check("foo", None);
        check("", None);
    }

    #[test]
    fn other_forms() {
        check(
            "Sat, 8 Nov 14 15:05:02 GMT",
            Some("2014-11-08T15:05:02.0000000Z"),
        );
        check(
            "8 November 2014 15:05 UTC",
            Some("2014-11-08T15:05:00.0000000Z"),
        );
        check(
            "Saturday, 08-Nov-14 15:05:02 GMT",
            Some("2014-11-08T15:05:02.0000000Z"),
        );
        check("08-Nov-14 15:05", Some("2014-11-08T15:05:00.0000000Z"));
        check("2017 - 08 - 01", Some("2017-08-01T00:00:00.0000000Z"));
        check("2025, 6, 14", Some("2025-06-14T00:00:00.0000000Z"));
        check("12-02-2022", Some("2022-12-02T00:00:00.0000000Z"));
        check("11/8/2014 3:05:02 PM", Some("2014-11-08T15:05:02.0000000Z"));
    }
}
