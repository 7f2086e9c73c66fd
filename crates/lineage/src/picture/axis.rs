//! The time axis: which span a picture covers and where its ticks stand.
//!
//! In: instants in microseconds and a width. Out: ticks on round instants in UTC, with labels that say
//! the date where it changes. Months and years are those of the calendar.

use keyline_trail::time::parse_time;

use crate::picture::text::date_and_clock;

const SECOND: i64 = 1_000_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// Distances between ticks up to a month, smallest first.
const STEPS: &[i64] = &[
    SECOND,
    5 * SECOND,
    15 * SECOND,
    30 * SECOND,
    MINUTE,
    2 * MINUTE,
    5 * MINUTE,
    10 * MINUTE,
    15 * MINUTE,
    30 * MINUTE,
    HOUR,
    2 * HOUR,
    3 * HOUR,
    6 * HOUR,
    12 * HOUR,
    DAY,
    2 * DAY,
    7 * DAY,
];
/// Distances in months.
const MONTH_STEPS: &[i64] = &[1, 3, 6, 12, 24, 60, 120, 240, 600, 1200];
/// The shortest span that is drawn, so that a single instant has a place.
const SPAN_MIN: i64 = MINUTE;
const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// A span of time laid over a width.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Axis {
    pub from: i64,
    pub to: i64,
    pub left: f64,
    pub width: f64,
}

/// A tick with its label, and the date where it is the first on its day.
#[derive(Clone, Debug, PartialEq)]
pub struct Tick {
    pub x: f64,
    pub label: String,
    pub date: Option<String>,
}

impl Axis {
    pub fn new(from: i64, to: i64, left: f64, width: f64) -> Axis {
        let lacking = SPAN_MIN.saturating_sub(to.saturating_sub(from)).max(0);
        Axis {
            from: from.saturating_sub(lacking / 2),
            to: to.saturating_add(lacking - lacking / 2),
            left,
            width,
        }
    }

    pub fn right(&self) -> f64 {
        self.left + self.width
    }

    /// Where an instant stands; those outside stand at the edges.
    pub fn x(&self, at: i64) -> f64 {
        let span = self.to.saturating_sub(self.from).max(1) as f64;
        let part = at.clamp(self.from, self.to).saturating_sub(self.from) as f64 / span;
        self.left + part * self.width
    }

    /// The instant that stands somewhere.
    pub fn at(&self, x: f64) -> i64 {
        let span = self.to.saturating_sub(self.from) as f64;
        let part = ((x - self.left) / self.width.max(1.0)).clamp(0.0, 1.0);
        self.from.saturating_add((span * part).round() as i64)
    }

    /// Ticks at least `gap` apart.
    pub fn ticks(&self, gap: f64) -> Vec<Tick> {
        let span = self.to.saturating_sub(self.from) as f64;
        let most = (self.width / gap).max(1.0);
        let instants = match STEPS.iter().find(|step| span / **step as f64 <= most) {
            Some(step) => self.by_step(*step),
            None => {
                let months = span / (30.4 * DAY as f64);
                let fits = |step: &&i64| months / **step as f64 <= most;
                let mut step = MONTH_STEPS.iter().find(fits).copied().unwrap_or(1200);
                while !fits(&&step) {
                    step *= 10;
                }
                return self.by_months(step);
            }
        };
        let mut last_date = String::new();
        let ticks = instants.into_iter().map(|at| {
            let (date, clock) = date_and_clock(at);
            let is_new = date != last_date;
            last_date.clone_from(&date);
            let x = self.x(at);
            if span >= most * 12.0 * HOUR as f64 {
                let (label, year) = day_and_year(&date);
                return Tick {
                    x,
                    label,
                    date: year,
                };
            }
            let label = match clock.strip_suffix(":00") {
                Some(short) => short.to_owned(),
                None => clock,
            };
            Tick {
                x,
                label,
                date: is_new.then(|| spelled(&date)),
            }
        });
        ticks.collect()
    }

    fn by_step(&self, step: i64) -> Vec<i64> {
        // 1970 began on a Thursday: weeks are counted from the Monday after.
        let origin = if step == 7 * DAY { 4 * DAY } else { 0 };
        let mut at = self
            .from
            .saturating_sub(origin)
            .div_euclid(step)
            .saturating_mul(step);
        at = at.saturating_add(origin);
        let mut instants = Vec::new();
        while at <= self.to && instants.last().is_none_or(|last| *last < at) {
            if at >= self.from {
                instants.push(at);
            }
            at = at.saturating_add(step);
        }
        instants
    }

    fn by_months(&self, step: i64) -> Vec<Tick> {
        let (date, _) = date_and_clock(self.from);
        let mut parts = date.splitn(3, '-');
        let mut number = || parts.next().and_then(|part| part.parse::<i64>().ok());
        let (Some(year), Some(month)) = (number(), number()) else {
            return Vec::new();
        };
        let mut months = (year * 12 + month - 1).div_euclid(step) * step;
        let mut ticks = Vec::new();
        loop {
            let (year, month) = (months.div_euclid(12), months.rem_euclid(12));
            let text = format!("{year:04}-{:02}-01T00:00:00Z", month + 1);
            let Some(at) = parse_time(text.as_bytes()).filter(|at| *at <= self.to) else {
                return ticks;
            };
            if at >= self.from {
                let whole_years = step % 12 == 0;
                let name = MONTHS[month as usize % 12];
                ticks.push(Tick {
                    x: self.x(at),
                    label: if whole_years {
                        year.to_string()
                    } else {
                        name.to_owned()
                    },
                    date: (!whole_years && (month == 0 || ticks.is_empty()))
                        .then(|| year.to_string()),
                });
            }
            months += step;
        }
    }
}

/// `12:41` on the day of `near`, `15 Oct 12:41` in its year, else with the year.
pub fn short_moment(at: i64, near: i64) -> String {
    let ((date, clock), (today, _)) = (date_and_clock(at), date_and_clock(near));
    let clock = clock.get(..5).unwrap_or(&clock);
    if date == today {
        return clock.to_owned();
    }
    match day_and_year(&date) {
        (day, Some(year)) if today.starts_with(&format!("{year}-")) => format!("{day} {clock}"),
        (day, Some(year)) => format!("{day} {year} {clock}"),
        (day, None) => format!("{day} {clock}"),
    }
}

/// `14 Oct 2026` of `2026-10-14`.
pub fn spelled(date: &str) -> String {
    match day_and_year(date) {
        (day, Some(year)) => format!("{day} {year}"),
        (day, None) => day,
    }
}

/// `14 Oct` and `2026`.
fn day_and_year(date: &str) -> (String, Option<String>) {
    let parts: Vec<&str> = date.splitn(3, '-').collect();
    let [year, month, day] = parts[..] else {
        return (date.to_owned(), None);
    };
    let name = month
        .parse::<usize>()
        .ok()
        .and_then(|month| MONTHS.get(month.wrapping_sub(1)));
    match name {
        Some(name) => (
            format!("{} {name}", day.trim_start_matches('0')),
            Some(year.to_owned()),
        ),
        None => (date.to_owned(), None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(from: &str, to: &str, expected: &str) {
        let from = parse_time(from.as_bytes()).unwrap();
        let to = parse_time(to.as_bytes()).unwrap();
        let axis = Axis::new(from, to, 100.0, 640.0);
        let ticks = axis.ticks(80.0).into_iter().map(|tick| match tick.date {
            Some(date) => format!("{} ({date})", tick.label),
            None => tick.label,
        });
        assert_eq!(ticks.collect::<Vec<_>>().join(", "), expected);
    }

    #[test]
    fn ticks_stand_on_round_instants() {
        check(
            "2026-10-14T11:21:07Z",
            "2026-10-14T14:10:00Z",
            "11:30 (14 Oct 2026), 12:00, 12:30, 13:00, 13:30, 14:00",
        );
        check(
            "2026-10-14T20:00:00Z",
            "2026-10-15T06:00:00Z",
            "20:00 (14 Oct 2026), 22:00, 00:00 (15 Oct 2026), 02:00, 04:00, 06:00",
        );
        check(
            "2026-10-14T11:21:07Z",
            "2026-10-14T11:21:27Z",
            "11:21 (14 Oct 2026), 11:21:15, 11:21:30, 11:21:45",
        );
        check(
            "2026-10-01T00:00:00Z",
            "2026-11-01T00:00:00Z",
            "5 Oct (2026), 12 Oct (2026), 19 Oct (2026), 26 Oct (2026)",
        );
        check(
            "2025-11-10T00:00:00Z",
            "2026-04-01T00:00:00Z",
            "Dec (2025), Jan (2026), Feb, Mar, Apr",
        );
        check(
            "1999-01-01T00:00:00Z",
            "2026-01-01T00:00:00Z",
            "2000, 2005, 2010, 2015, 2020, 2025",
        );
    }

    #[test]
    fn instants_outside_stand_at_the_edges() {
        let axis = Axis::new(i64::MIN, i64::MAX, 10.0, 100.0);
        assert!((10.0..=110.0).contains(&axis.x(0)));
        let axis = Axis::new(0, 0, 10.0, 100.0);
        assert_eq!(axis.x(i64::MIN), 10.0);
        assert_eq!(axis.x(i64::MAX), 110.0);
        assert!(!axis.ticks(80.0).is_empty());
    }
}
