//! Time zones by IANA name.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use crate::functions::civil::in_range;

pub fn find(name: &str) -> Option<TimeZone> {
    TimeZone::get(name).ok()
}

pub fn to_local(zone: &TimeZone, ticks: i64) -> Option<i64> {
    let instant = Timestamp::from_nanosecond(i128::from(ticks) * 100).ok()?;
    let offset = zone.to_offset(instant).seconds();
    in_range(i128::from(ticks) + i128::from(offset) * 10_000_000)
}

/// A wall-clock time that a zone skips is read with the offset that holds after the gap.
pub fn to_utc(zone: &TimeZone, ticks: i64) -> Option<i64> {
    let wall = Timestamp::from_nanosecond(i128::from(ticks) * 100).ok()?;
    let wall: DateTime = TimeZone::UTC.to_datetime(wall);
    let instant = match zone.to_ambiguous_timestamp(wall).earlier() {
        Ok(instant) => instant,
        Err(_) => return None,
    };
    in_range(instant.as_nanosecond().div_euclid(100))
}
