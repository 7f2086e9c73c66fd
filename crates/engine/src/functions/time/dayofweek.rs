//! `dayofweek`: the time since Sunday.

use crate::functions::civil;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "dayofweek",
    family: Family::Time,
    signature: "dayofweek(date: datetime): timespan",
    doc: "The days since the last Sunday, as a timespan.",
    examples: &[("dayofweek(datetime(2020-06-15))", "1.00:00:00")],
    lower: Lower::Convert(&[Type::DateTime]),
    kernels: &[Kernel::new("kql_dayofweek", Type::TimeSpan, |rows| {
        each!(rows, [long date] -> LongOut, {
            // Kusto has no week day for the last day of time.
            let is_last = date > civil::TICKS_MAX - civil::TICK_DAY;
            (!is_last).then(|| civil::day_of_week(date) * civil::TICK_DAY)
        })
    })],
};
