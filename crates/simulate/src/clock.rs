//! Instants as text: seconds since 1970 to the forms in which CloudTrail and S3 write them.
//!
//! In: whole seconds, UTC. Out: text appended to a buffer. A date library would do as well; this is
//! the generator's hottest spelling, and the crate has no clock and no time zones. Deliberately not
//! here: reading dates, and asking what time it is.

pub const MINUTE: i64 = 60;
pub const HOUR: i64 = 3_600;
pub const DAY: i64 = 86_400;

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// An instant taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Civil {
    pub year: i64,
    pub month: i64,
    pub day: i64,
    pub hour: i64,
    pub minute: i64,
    pub second: i64,
}

pub fn civil(seconds: i64) -> Civil {
    let days = seconds.div_euclid(DAY);
    let rest = seconds.rem_euclid(DAY);
    // Days are counted from 1 March of year 0, so that the leap day is a year's last.
    let shifted = days + 719_468;
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
    Civil {
        year,
        month,
        day,
        hour: rest / HOUR,
        minute: rest % HOUR / MINUTE,
        second: rest % 60,
    }
}

/// `2026-11-22T09:05:00Z`, as in `eventTime` and `creationDate`.
pub fn iso(seconds: i64, out: &mut String) {
    let c = civil(seconds);
    digits(c.year, 4, out);
    out.push('-');
    digits(c.month, 2, out);
    out.push('-');
    digits(c.day, 2, out);
    out.push('T');
    digits(c.hour, 2, out);
    out.push(':');
    digits(c.minute, 2, out);
    out.push(':');
    digits(c.second, 2, out);
    out.push('Z');
}

/// `Nov 22, 2026, 9:05:00 AM`, as STS writes the end of a credential.
pub fn locale(seconds: i64, out: &mut String) {
    spelt(seconds, ", ", out);
}

/// `Nov 22, 2026 9:05:00 AM`, as older and some newer records write it.
pub fn locale_without_comma(seconds: i64, out: &mut String) {
    spelt(seconds, " ", out);
}

fn spelt(seconds: i64, after_the_year: &str, out: &mut String) {
    let c = civil(seconds);
    out.push_str(MONTHS[(c.month - 1) as usize]);
    out.push(' ');
    digits(c.day, 1, out);
    out.push_str(", ");
    digits(c.year, 4, out);
    out.push_str(after_the_year);
    digits(if c.hour % 12 == 0 { 12 } else { c.hour % 12 }, 1, out);
    out.push(':');
    digits(c.minute, 2, out);
    out.push(':');
    digits(c.second, 2, out);
    out.push_str(if c.hour < 12 { " AM" } else { " PM" });
}

/// `20261122T0905Z`, as in the names of log files.
pub fn file_stamp(seconds: i64, out: &mut String) {
    let c = civil(seconds);
    digits(c.year, 4, out);
    digits(c.month, 2, out);
    digits(c.day, 2, out);
    out.push('T');
    digits(c.hour, 2, out);
    digits(c.minute, 2, out);
    out.push('Z');
}

/// `2026/11/22`, as in the folders of log files.
pub fn folder(seconds: i64, out: &mut String) {
    let c = civil(seconds);
    digits(c.year, 4, out);
    out.push('/');
    digits(c.month, 2, out);
    out.push('/');
    digits(c.day, 2, out);
}

/// A number in decimal, padded with zeros to a width.
pub fn digits(number: i64, width: usize, out: &mut String) {
    let mut buffer = [b'0'; 20];
    let mut at = buffer.len();
    let mut rest = number.unsigned_abs();
    while rest > 0 || buffer.len() - at < width {
        at -= 1;
        buffer[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    for &byte in &buffer[at..] {
        out.push(byte as char);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(write: fn(i64, &mut String), seconds: i64, expected: &str) {
        let mut out = String::new();
        write(seconds, &mut out);
        assert_eq!(out, expected);
    }

    #[test]
    fn instants_are_spelt_as_aws_spells_them() {
        check(iso, 0, "1970-01-01T00:00:00Z");
        check(iso, 951_782_400, "2000-02-29T00:00:00Z");
        check(iso, 1_795_339_503, "2026-11-22T09:25:03Z");
        check(locale, 1_795_339_503, "Nov 22, 2026, 9:25:03 AM");
        check(
            locale_without_comma,
            1_795_339_503,
            "Nov 22, 2026 9:25:03 AM",
        );
        check(locale, 0, "Jan 1, 1970, 12:00:00 AM");
        check(locale, 43_200, "Jan 1, 1970, 12:00:00 PM");
        check(file_stamp, 1_795_339_503, "20261122T0925Z");
        check(folder, 1_795_339_503, "2026/11/22");
    }
}
