//! The parts of a datetime by name, and counting in them.

use crate::functions::civil::{
    self, Date, TICK_DAY, TICK_HOUR, TICK_MINUTE, TICK_SECOND, TICKS_BEFORE_1970,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Year,
    Quarter,
    Month,
    Week,
    Day,
    DayOfYear,
    Hour,
    Minute,
    Second,
    Millisecond,
    Microsecond,
    Nanosecond,
}

impl Part {
    pub fn from_name(name: &str) -> Option<Part> {
        Some(match name.to_ascii_lowercase().as_str() {
            "year" => Part::Year,
            "quarter" => Part::Quarter,
            "month" => Part::Month,
            "week" | "weekofyear" | "week_of_year" => Part::Week,
            "day" => Part::Day,
            "dayofyear" => Part::DayOfYear,
            "hour" => Part::Hour,
            "minute" => Part::Minute,
            "second" => Part::Second,
            "millisecond" => Part::Millisecond,
            "microsecond" => Part::Microsecond,
            "nanosecond" => Part::Nanosecond,
            _ => return None,
        })
    }

    /// The ticks of the parts that are always equally long.
    fn ticks(self) -> Option<i64> {
        Some(match self {
            Part::Week => 7 * TICK_DAY,
            Part::Day | Part::DayOfYear => TICK_DAY,
            Part::Hour => TICK_HOUR,
            Part::Minute => TICK_MINUTE,
            Part::Second => TICK_SECOND,
            Part::Millisecond => 10_000,
            Part::Microsecond => 10,
            _ => return None,
        })
    }
}

pub fn part_of(part: Part, ticks: i64) -> Option<i32> {
    let date = civil::date(ticks);
    let second = ticks.rem_euclid(TICK_SECOND);
    let value = match part {
        Part::Year => date.year,
        Part::Quarter => (date.month - 1) / 3 + 1,
        Part::Month => date.month,
        Part::Week => return week_of_year(ticks),
        Part::Day => date.day,
        Part::DayOfYear => return day_of_year(ticks),
        Part::Hour => ticks.rem_euclid(TICK_DAY) / TICK_HOUR,
        Part::Minute => ticks.rem_euclid(TICK_HOUR) / TICK_MINUTE,
        Part::Second => ticks.rem_euclid(TICK_MINUTE) / TICK_SECOND,
        Part::Millisecond => second / 10_000,
        Part::Microsecond => second / 10,
        Part::Nanosecond => second * 100,
    };
    i32::try_from(value).ok()
}

pub fn add(part: Part, count: i64, ticks: i64) -> Option<i64> {
    let months = match part {
        Part::Year => 12,
        Part::Quarter => 3,
        Part::Month => 1,
        Part::Nanosecond => {
            return civil::in_range(i128::from(ticks) + i128::from(count.div_euclid(100)));
        }
        _ => {
            let moved = i128::from(count) * i128::from(part.ticks()?);
            return civil::in_range(i128::from(ticks) + moved);
        }
    };
    civil::add_months(ticks, count.checked_mul(months)?)
}

/// Which of its kind the part is that a datetime lies in, counted from somewhere in the past.
pub fn ordinal(part: Part, ticks: i64) -> Option<i64> {
    let date = civil::date(ticks);
    Some(match part {
        Part::Year => date.year,
        Part::Quarter => date.year * 4 + (date.month - 1) / 3,
        Part::Month => date.year * 12 + date.month,
        Part::Week => civil::start_of_week(ticks).div_euclid(7 * TICK_DAY),
        Part::Nanosecond => ticks.checked_mul(100)?,
        // Whole numbers of these parts have passed since year 1.
        _ => ticks.checked_add(TICKS_BEFORE_1970)? / part.ticks()?,
    })
}

pub fn day_of_year(ticks: i64) -> Option<i32> {
    let date = civil::date(ticks);
    let first = civil::day_of_date(Date {
        month: 1,
        day: 1,
        ..date
    });
    i32::try_from(civil::split(ticks).0 - first + 1).ok()
}

/// ISO 8601: the week that holds the Thursday of the same week.
pub fn week_of_year(ticks: i64) -> Option<i32> {
    let day = civil::split(ticks).0;
    // 0 is Monday.
    let weekday = (civil::day_of_week(ticks) + 6) % 7;
    let thursday = day - weekday + 3;
    let year = civil::date_of_day(thursday).year;
    let first = civil::day_of_date(Date {
        year,
        month: 1,
        day: 1,
    });
    i32::try_from((thursday - first) / 7 + 1).ok()
}
