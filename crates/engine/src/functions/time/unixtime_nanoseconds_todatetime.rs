//! `unixtime_nanoseconds_todatetime`: a datetime from Unix time.

use crate::functions::prelude::*;

use super::unixtime;

pub const FUNCTION: Function = Function {
    name: "unixtime_nanoseconds_todatetime",
    family: Family::Time,
    signature: "unixtime_nanoseconds_todatetime(value): datetime",
    doc: "The datetime so many nanoseconds after 1970-01-01T00:00:00Z; null outside the years 1 to 9999.",
    examples: &[(
        "unixtime_nanoseconds_todatetime(1546300800000000000)",
        "2019-01-01T00:00:00.0000000Z",
    )],
    lower: Lower::By(lower),
    kernels: &[],
};

fn lower(call_: Call<'_>) -> Result<Expr, Error> {
    unixtime::lower(&call_, unixtime::Unit::Nanoseconds)
}
