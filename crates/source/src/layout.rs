//! The S3 layout of CloudTrail: what a file's path says about what is inside.
//!
//! In: a path. Out: the kind of delivery, the account, the region and the day. Nothing is opened
//! here. A path outside the layout gives `None`, and its file is judged by its content.

/// What the path of a file in the S3 layout says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogKey {
    pub delivery: Delivery,
    pub account: String,
    /// Empty when the path does not name one.
    pub region: String,
    pub day: Option<Day>,
}

/// The services and kinds of file found below `AWSLogs`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    CloudTrail,
    NetworkActivity,
    Insight,
    /// Other event files of CloudTrail, of a kind that came later.
    OtherCloudTrail,
    Digest,
    /// VPC flow logs, Config, load balancers and so on.
    OtherService,
}

/// A day of the UTC calendar, ordered as time is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day(i32);

/// The days that a run asks for, both ends included; `None` is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Span {
    pub first: Option<Day>,
    pub last: Option<Day>,
}

impl Span {
    /// From times in microseconds since 1970, padded by one day on both sides: a file is filed
    /// under the time of its delivery, which is up to a day away from its events' times.
    pub fn padded(since_us: Option<i64>, until_us: Option<i64>) -> Span {
        const DAY_US: i64 = 86_400_000_000;
        let day = |us: i64, pad: i64| Day((us.div_euclid(DAY_US) + pad) as i32);
        Span {
            first: since_us.map(|us| day(us, -1)),
            last: until_us.map(|us| day(us, 1)),
        }
    }

    /// Whether files of this day may hold events that are asked for.
    pub fn holds(&self, day: Day) -> bool {
        self.first.is_none_or(|first| first <= day) && self.last.is_none_or(|last| day <= last)
    }
}

/// What of a tree of logs is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Wanted {
    pub span: Span,
    /// Account ids; all of them where the list is empty.
    pub accounts: Vec<String>,
    /// Regions; all of them where the list is empty.
    pub regions: Vec<String>,
    pub what: What,
}

/// Which files of the layout are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum What {
    /// Files with events.
    #[default]
    Logs,
    /// CloudTrail's digests of them.
    Digests,
}

impl Wanted {
    /// All of some days.
    pub fn days(span: Span) -> Wanted {
        Wanted {
            span,
            ..Wanted::default()
        }
    }

    pub(crate) fn wants_account(&self, account: &str) -> bool {
        self.accounts.is_empty() || self.accounts.iter().any(|wanted| wanted == account)
    }

    pub(crate) fn wants_region(&self, region: &str) -> bool {
        self.regions.is_empty() || self.regions.iter().any(|wanted| wanted == region)
    }
}

impl Day {
    /// A day of the proleptic Gregorian calendar, or `None` when there is no such day.
    pub fn new(year: i32, month: u32, day: u32) -> Option<Day> {
        if !(1970..=9999).contains(&year) || !(1..=12).contains(&month) {
            return None;
        }
        let leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
        let days_in_month = match month {
            2 => 28 + u32::from(leap),
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        };
        if !(1..=days_in_month).contains(&day) {
            return None;
        }
        // Counted from 1 March of year 0, so that the leap day is the last of its year.
        let (y, m) = if month <= 2 {
            (year - 1, month + 9)
        } else {
            (year, month - 3)
        };
        let days = 365 * y + y / 4 - y / 100 + y / 400 + (153 * m as i32 + 2) / 5 + day as i32 - 1;
        Some(Day(days - 719_468))
    }

    /// Days since 1 January 1970.
    pub fn since_1970(self) -> i32 {
        self.0
    }

    /// So many days later, or earlier.
    pub fn plus(self, days: i32) -> Day {
        Day(self.0.saturating_add(days))
    }

    /// The folders of this day, `2026/03/01/`.
    pub fn folders(self) -> String {
        // As above, counted from 1 March of year 0.
        let days = i64::from(self.0) + 719_468;
        let era = days.div_euclid(146_097);
        let of_era = days.rem_euclid(146_097);
        let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * of_year + 2) / 153;
        let day = of_year - (153 * month_from_march + 2) / 5 + 1;
        let (month, later) = match month_from_march {
            before if before < 10 => (before + 3, 0),
            after => (after - 9, 1),
        };
        let year = year_of_era + 400 * era + later;
        format!("{year:04}/{month:02}/{day:02}/")
    }
}

/// Reads a path of the layout `…/AWSLogs/[o-…/]<account>/<service>/<region>/YYYY/MM/DD/<file>`.
pub fn parse(path: &str) -> Option<LogKey> {
    let parts: Vec<&str> = path
        .split(['/', '\\'])
        .filter(|part| !part.is_empty())
        .collect();
    let name = *parts.last()?;
    let root = parts.iter().rposition(|part| *part == "AWSLogs")?;
    let mut rest = &parts[root + 1..parts.len() - 1];
    if rest.first().is_some_and(|part| part.starts_with("o-")) {
        rest = &rest[1..];
    }
    let account = *rest.first()?;
    if !is_account(account) {
        return None;
    }
    let service = *rest.get(1)?;
    let delivery = match service {
        "CloudTrail" => delivery_of_name(name),
        "CloudTrail-NetworkActivity" => Delivery::NetworkActivity,
        "CloudTrail-Insight" => Delivery::Insight,
        "CloudTrail-Digest" => Delivery::Digest,
        other if other.starts_with("CloudTrail-") => Delivery::OtherCloudTrail,
        _ => Delivery::OtherService,
    };
    let region = rest
        .get(2)
        .filter(|part| is_region(part))
        .copied()
        .unwrap_or_default();
    let day = rest.get(3..6).and_then(|ymd| {
        let number = |at: usize| ymd[at].parse::<u32>().ok();
        Day::new(number(0)? as i32, number(1)?, number(2)?)
    });
    Some(LogKey {
        delivery,
        account: account.to_owned(),
        region: region.to_owned(),
        day,
    })
}

/// What a file's own name says, wherever it lies: `<account>_<delivery>_<region>_<time>_<id>…`.
pub fn delivery_of_name(name: &str) -> Delivery {
    let mut fields = name.split('_');
    let account = fields.next().unwrap_or_default();
    if !is_account(account) {
        return Delivery::CloudTrail;
    }
    match fields.next() {
        Some("CloudTrail-Digest") => Delivery::Digest,
        Some("CloudTrail-Insight") => Delivery::Insight,
        Some("CloudTrail-NetworkActivity") => Delivery::NetworkActivity,
        _ => Delivery::CloudTrail,
    }
}

/// When a file was delivered, as its own name says it, in a form that sorts as time does; empty where the
/// name does not say it: `<account>_<delivery>_<region>_<time>_<id>…`.
pub fn delivery_time(name: &str) -> &str {
    let time = name.split('_').nth(3).unwrap_or_default();
    let is_time = time.len() >= 8 && time.bytes().take(8).all(|byte| byte.is_ascii_digit());
    if is_time { time } else { "" }
}

pub(crate) fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit())
}

pub(crate) fn is_region(text: &str) -> bool {
    text.contains('-') && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(path: &str, expected: &str) {
        let found = match parse(path) {
            None => "none".to_owned(),
            Some(key) => format!(
                "{:?} {} {} {}",
                key.delivery,
                key.account,
                key.region,
                key.day.map_or(-1, Day::since_1970)
            ),
        };
        assert_eq!(found, expected, "{path}");
    }

    #[test]
    fn paths() {
        check(
            "b/AWSLogs/111122223333/CloudTrail/us-east-1/2026/03/01/x.json.gz",
            "CloudTrail 111122223333 us-east-1 20513",
        );
        check(
            "AWSLogs/o-abc123/111122223333/CloudTrail-NetworkActivity/cn-north-1/1970/01/02/x",
            "NetworkActivity 111122223333 cn-north-1 1",
        );
        check(
            "AWSLogs/111122223333/CloudTrail-Digest/us-east-1/2026/03/01/x.json.gz",
            "Digest 111122223333 us-east-1 20513",
        );
        check(
            "AWSLogs/111122223333/CloudTrail/us-east-1/2026/02/30/x.json.gz",
            "CloudTrail 111122223333 us-east-1 -1",
        );
        check(
            "AWSLogs/111122223333/Config/x.json.gz",
            "OtherService 111122223333  -1",
        );
        check("AWSLogs/me/CloudTrail/x.json.gz", "none");
        check("logs/x.json.gz", "none");
    }

    #[test]
    fn days_are_folders() {
        for (year, month, day) in [
            (1970, 1, 1),
            (1999, 12, 31),
            (2000, 2, 29),
            (2024, 2, 29),
            (2024, 3, 1),
            (2026, 11, 28),
            (9999, 12, 31),
        ] {
            let made = Day::new(year, month, day).expect("a day of the calendar");
            assert_eq!(made.folders(), format!("{year:04}/{month:02}/{day:02}/"));
            assert_eq!(made.plus(366).plus(-366), made);
        }
    }

    #[test]
    fn spans_are_padded() {
        let day = |d| Day::new(2026, 3, d).expect("a day of March");
        let at = |d: Day| i64::from(d.since_1970()) * 86_400_000_000;
        let span = Span::padded(Some(at(day(10))), Some(at(day(12)) + 1));
        let held: Vec<u32> = (1..=31).filter(|d| span.holds(day(*d))).collect();
        assert_eq!(held, [9, 10, 11, 12, 13]);
        assert!(Span::default().holds(day(1)));
    }
}
