//! `unixtime_milliseconds_todatetime`: a datetime from Unix time.

use crate::functions::prelude::*;

use super::unixtime;

pub const FUNCTION: Function = Function {
    name: "unixtime_milliseconds_todatetime",
    family: Family::Time,
    signature: "unixtime_milliseconds_todatetime(value): datetime",
    doc: "The datetime so many milliseconds after 1970-01-01T00:00:00Z; null outside the years 1 to 9999.",
    examples: &[(
        "unixtime_milliseconds_todatetime(1546300800000)",
        "2019-01-01T00:00:00.0000000Z",
    )],
    lower: Lower::By(lower),
    kernels: &[],
};

fn lower(call_: Call<'_>) -> Result<Expr, Error> {
    unixtime::lower(&call_, unixtime::Unit::Milliseconds)
}
