//! The canonical texts of values: what `tostring` gives, and what dynamic values hold.

use super::civil;
use super::kernel::DECIMAL_ONE;

pub fn bool_text(value: bool) -> &'static str {
    if value { "True" } else { "False" }
}

/// The shortest text that reads back as the same number; a whole number keeps a `.0`, so that it
/// stays a real.
pub fn real_text(value: f64) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 {
            "inf".to_owned()
        } else {
            "-inf".to_owned()
        };
    }
    let scientific = format!("{value:e}");
    let (digits, exponent) = scientific.split_once('e').expect("`{:e}` writes an `e`");
    let exponent: i32 = exponent
        .parse()
        .expect("`{:e}` writes a number after the `e`");
    if (-4..15).contains(&exponent) {
        let plain = format!("{value}");
        return if plain.contains('.') {
            plain
        } else {
            plain + ".0"
        };
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.abs())
}

pub fn decimal_text(value: i128) -> String {
    let sign = if value < 0 { "-" } else { "" };
    let value = value.unsigned_abs();
    let one = DECIMAL_ONE.unsigned_abs();
    let (whole, fraction) = (value / one, value % one);
    if fraction == 0 {
        return format!("{sign}{whole}");
    }
    let fraction = format!("{fraction:010}");
    format!("{sign}{whole}.{}", fraction.trim_end_matches('0'))
}

/// `2020-06-15T13:45:00.0000000Z`.
pub fn datetime_text(ticks: i64) -> String {
    let date = civil::date(ticks);
    let rest = civil::split(ticks).1;
    let (seconds, fraction) = (rest / civil::TICK_SECOND, rest % civil::TICK_SECOND);
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{fraction:07}Z",
        date.year,
        date.month,
        date.day,
        seconds / 3600,
        seconds / 60 % 60,
        seconds % 60
    )
}

/// `[-][d.]hh:mm:ss[.fffffff]`.
pub fn timespan_text(ticks: i64) -> String {
    let sign = if ticks < 0 { "-" } else { "" };
    let ticks = ticks.unsigned_abs();
    let second = civil::TICK_SECOND.unsigned_abs();
    let (seconds, fraction) = (ticks / second, ticks % second);
    let days = seconds / 86_400;
    let days = if days == 0 {
        String::new()
    } else {
        format!("{days}.")
    };
    let clock = format!(
        "{:02}:{:02}:{:02}",
        seconds / 3600 % 24,
        seconds / 60 % 60,
        seconds % 60
    );
    if fraction == 0 {
        return format!("{sign}{days}{clock}");
    }
    format!("{sign}{days}{clock}.{fraction:07}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reals() {
        for (value, text) in [
            (1500.0, "1500.0"),
            (-0.0, "-0.0"),
            (0.1 + 0.2, "0.30000000000000004"),
            (1e-7, "1e-07"),
            (9.223372036854776e18, "9.223372036854776e+18"),
            (0.0001, "0.0001"),
            (f64::INFINITY, "inf"),
        ] {
            assert_eq!(real_text(value), text);
        }
    }

    #[test]
    fn times() {
        assert_eq!(timespan_text(-373_845_000_000), "-10:23:04.5000000");
        assert_eq!(timespan_text(i64::MIN), "-10675199.02:48:05.4775808");
        assert_eq!(
            datetime_text(civil::TICKS_MIN),
            "0001-01-01T00:00:00.0000000Z"
        );
        assert_eq!(datetime_text(-1), "1969-12-31T23:59:59.9999999Z");
    }
}
