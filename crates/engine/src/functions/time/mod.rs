//! Functions of datetimes and timespans.

mod part;
mod pattern;
mod periods;
pub mod unixtime;
mod zone;

mod now;
mod ago;
mod startofday;
mod endofday;
mod startofweek;
mod endofweek;
mod startofmonth;
mod endofmonth;
mod startofyear;
mod endofyear;
mod dayofmonth;
mod monthofyear;
mod getyear;
mod hourofday;
mod dayofyear;
mod week_of_year;
mod dayofweek;
mod datetime_part;
mod datetime_add;
mod datetime_diff;
mod format_datetime;
mod format_timespan;
mod make_datetime;
mod make_timespan;
mod unixtime_seconds_todatetime;
mod unixtime_milliseconds_todatetime;
mod unixtime_microseconds_todatetime;
mod unixtime_nanoseconds_todatetime;
mod datetime_utc_to_local;
mod datetime_local_to_utc;
mod datetime_list_timezones;

use super::call::Function;
use super::kernel::Kernel;

pub const FUNCTIONS: &[&Function] = &[
    &now::FUNCTION,
    &ago::FUNCTION,
    &startofday::FUNCTION,
    &endofday::FUNCTION,
    &startofweek::FUNCTION,
    &endofweek::FUNCTION,
    &startofmonth::FUNCTION,
    &endofmonth::FUNCTION,
    &startofyear::FUNCTION,
    &endofyear::FUNCTION,
    &dayofmonth::FUNCTION,
    &monthofyear::FUNCTION,
    &getyear::FUNCTION,
    &hourofday::FUNCTION,
    &dayofyear::FUNCTION,
    &week_of_year::FUNCTION,
    &dayofweek::FUNCTION,
    &datetime_part::FUNCTION,
    &datetime_add::FUNCTION,
    &datetime_diff::FUNCTION,
    &format_datetime::FUNCTION,
    &format_timespan::FUNCTION,
    &make_datetime::FUNCTION,
    &make_timespan::FUNCTION,
    &unixtime_seconds_todatetime::FUNCTION,
    &unixtime_milliseconds_todatetime::FUNCTION,
    &unixtime_microseconds_todatetime::FUNCTION,
    &unixtime_nanoseconds_todatetime::FUNCTION,
    &datetime_utc_to_local::FUNCTION,
    &datetime_local_to_utc::FUNCTION,
    &datetime_list_timezones::FUNCTION,
];

pub const KERNELS: &[Kernel] = unixtime::KERNELS;
