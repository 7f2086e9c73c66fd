//! Days as parts of a table, and instants as the log of a table writes them.

use std::fmt;

use keyline_trail::time::format_time;

const DAY_US: i64 = 86_400_000_000;
/// What stands in place of a day where a row has no time.
const NO_DAY: &str = "__HIVE_DEFAULT_PARTITION__";

/// A UTC day, counted from 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Day(pub(crate) i32);

impl Day {
    /// The day of an instant in microseconds since 1970.
    pub(crate) fn of(time: i64) -> Day {
        Day(time.div_euclid(DAY_US) as i32)
    }

    /// Its first instant, in microseconds.
    pub(crate) fn start(self) -> i64 {
        i64::from(self.0) * DAY_US
    }

    /// As a part of a table is called.
    pub(crate) fn part(day: Option<Day>) -> String {
        day.map_or_else(|| NO_DAY.to_owned(), |day| day.to_string())
    }

    pub(crate) fn parse(text: &str) -> Option<Day> {
        // Years before 0 and after 9999 have more signs, and no hyphen but the first and the last two.
        let (rest, day) = text.rsplit_once('-')?;
        let (year, month) = rest.rsplit_once('-')?;
        let (year, month, day): (i64, i64, i64) =
            (year.parse().ok()?, month.parse().ok()?, day.parse().ok()?);
        ((1..=12).contains(&month) && (1..=31).contains(&day))
            .then(|| Day(days_from_civil(year, month, day) as i32))
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = format_time(self.start());
        f.write_str(text.split('T').next().unwrap_or(&text))
    }
}

/// An instant in microseconds since 1970, as the statistics of a log have it.
pub(crate) fn instant(time: i64) -> String {
    let micros = time.rem_euclid(1_000_000);
    let seconds = format_time(time - micros);
    let seconds = seconds.trim_end_matches('Z');
    match micros % 1_000 {
        0 => format!("{seconds}.{:03}Z", micros / 1_000),
        _ => format!("{seconds}.{micros:06}Z"),
    }
}

/// The proleptic Gregorian calendar, with the year beginning in March.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year - era * 400;
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_come_back() {
        for (time, text) in [
            (0, "1970-01-01"),
            (-1, "1969-12-31"),
            (1_772_323_200_000_000, "2026-03-01"),
            (951_782_400_000_000, "2000-02-29"),
        ] {
            assert_eq!(Day::of(time).to_string(), text);
            assert_eq!(Day::parse(text), Some(Day::of(time)));
        }
        for days in (-800_000..3_000_000).step_by(997) {
            let day = Day(days);
            assert_eq!(Day::parse(&day.to_string()), Some(day), "{day}");
        }
        assert_eq!(Day::parse(NO_DAY), None);
        assert_eq!(Day::parse("2026-13-01"), None);
    }

    #[test]
    fn instants_of_statistics() {
        assert_eq!(instant(1_772_323_200_000_000), "2026-03-01T00:00:00.000Z");
        assert_eq!(instant(1_500_001), "1970-01-01T00:00:01.500001Z");
    }
}
