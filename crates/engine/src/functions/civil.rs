//! The calendar over ticks: 100 ns units since 1970-01-01T00:00:00Z, proleptic Gregorian, no zones.

pub const TICK_SECOND: i64 = 10_000_000;
pub const TICK_MINUTE: i64 = 60 * TICK_SECOND;
pub const TICK_HOUR: i64 = 60 * TICK_MINUTE;
pub const TICK_DAY: i64 = 24 * TICK_HOUR;

/// Ticks from 0001-01-01 to 1970-01-01: what .NET's tick counts are ahead of ours.
pub const TICKS_BEFORE_1970: i64 = 621_355_968_000_000_000;

/// 0001-01-01T00:00:00Z and 9999-12-31T23:59:59.9999999Z, the ends of Kusto's time.
pub const TICKS_MIN: i64 = -TICKS_BEFORE_1970;
pub const TICKS_MAX: i64 = 2_534_023_007_999_999_999;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Date {
    pub year: i64,
    /// 1 to 12.
    pub month: i64,
    /// 1 to 31.
    pub day: i64,
}

/// A datetime that Kusto can hold.
pub fn in_range(ticks: i128) -> Option<i64> {
    let ticks = i64::try_from(ticks).ok()?;
    (TICKS_MIN..=TICKS_MAX).contains(&ticks).then_some(ticks)
}

/// The day since 1970 and the ticks since its midnight.
pub fn split(ticks: i64) -> (i64, i64) {
    (ticks.div_euclid(TICK_DAY), ticks.rem_euclid(TICK_DAY))
}

pub fn date(ticks: i64) -> Date {
    date_of_day(split(ticks).0)
}

/// The date of a day since 1970 (years counted from March, so that the leap day comes last).
pub fn date_of_day(day: i64) -> Date {
    let shifted = day + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 {
        shifted_month + 3
    } else {
        shifted_month - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    Date { year, month, day }
}

/// The day since 1970 of a date; the month may be any from 1 to 12, the day is not checked.
pub fn day_of_date(date: Date) -> i64 {
    let year = date.year - i64::from(date.month <= 2);
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let shifted_month = (date.month + 9) % 12;
    let day_of_year = (153 * shifted_month + 2) / 5 + date.day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

pub fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

pub fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

/// Midnight of a date that exists.
pub fn midnight(date: Date) -> Option<i64> {
    let exists = (1..=9999).contains(&date.year)
        && (1..=12).contains(&date.month)
        && (1..=days_in_month(date.year, date.month)).contains(&date.day);
    exists.then(|| day_of_date(date) * TICK_DAY)
}

/// 0 is Sunday.
pub fn day_of_week(ticks: i64) -> i64 {
    (split(ticks).0 + 4).rem_euclid(7)
}

/// `months` later, on the last day of the month where the day does not exist.
pub fn add_months(ticks: i64, months: i64) -> Option<i64> {
    let date = date(ticks);
    let month = (date.year * 12 + date.month - 1).checked_add(months)?;
    let (year, month) = (month.div_euclid(12), month.rem_euclid(12) + 1);
    if !(1..=9999).contains(&year) {
        return None;
    }
    let day = date.day.min(days_in_month(year, month));
    Some(midnight(Date { year, month, day })? + split(ticks).1)
}

pub fn start_of_day(ticks: i64) -> i64 {
    ticks.saturating_sub(split(ticks).1)
}

/// Weeks start on Sunday.
pub fn start_of_week(ticks: i64) -> i64 {
    start_of_day(ticks).saturating_sub(day_of_week(ticks) * TICK_DAY)
}

pub fn start_of_month(ticks: i64) -> i64 {
    let date = Date {
        day: 1,
        ..date(ticks)
    };
    day_of_date(date).saturating_mul(TICK_DAY)
}

pub fn start_of_year(ticks: i64) -> i64 {
    let date = Date {
        day: 1,
        month: 1,
        ..date(ticks)
    };
    day_of_date(date).saturating_mul(TICK_DAY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_dates_agree() {
        for day in (-719_162..2_932_897).step_by(97) {
            let date = date_of_day(day);
            assert_eq!(day_of_date(date), day, "{date:?}");
            assert!(midnight(date).is_some(), "{date:?}");
        }
        assert_eq!(
            date(TICKS_MIN),
            Date {
                year: 1,
                month: 1,
                day: 1
            }
        );
        assert_eq!(
            date(TICKS_MAX),
            Date {
                year: 9999,
                month: 12,
                day: 31
            }
        );
    }

    #[test]
    fn months_stop_at_the_last_day() {
        let january = midnight(Date {
            year: 2020,
            month: 1,
            day: 31,
        })
        .expect("it exists");
        assert_eq!(date(add_months(january, 1).expect("in range")).day, 29);
        assert_eq!(date(add_months(january, -11).expect("in range")).day, 28);
    }
}
