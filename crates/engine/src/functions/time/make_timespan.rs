//! `make_timespan`: a timespan from its parts.

use datafusion::logical_expr::lit;

use crate::functions::call::long;
use crate::functions::civil;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "make_timespan",
    family: Family::Time,
    signature: "make_timespan([days,] hours, minutes[, seconds]): timespan",
    doc: "The timespan of hours and minutes, with seconds, or of days, hours, minutes and seconds; null if a part is out of its range. From one argument as `totimespan`.",
    examples: &[
        ("make_timespan(1, 2, 3, 4)", "1.02:03:04"),
        ("make_timespan(25, 70)", ""),
    ],
    lower: Lower::By(lower),
    kernels: &[Kernel::new("kql_make_timespan", Type::TimeSpan, |rows| {
        each!(rows, [long days, long hours, long minutes, real seconds] -> LongOut, {
            let fits = (0..24).contains(&hours) && (0..60).contains(&minutes) && (0.0..60.0).contains(&seconds) && (0..10_675_199).contains(&days);
            let seconds = (seconds * civil::TICK_SECOND as f64).round() as i64;
            fits.then(|| days * civil::TICK_DAY + hours * civil::TICK_HOUR + minutes * civil::TICK_MINUTE + seconds)
        })
    })],
};

fn lower(call_: Call<'_>) -> Result<Expr, Error> {
    let long_at = |index| call_.arg(index, Type::Long);
    let args = match call_.count() {
        1 => return call_.arg(0, Type::TimeSpan),
        2 => vec![long(0), long_at(0)?, long_at(1)?, lit(0.0)],
        3 => vec![long(0), long_at(0)?, long_at(1)?, call_.arg(2, Type::Real)?],
        _ => vec![
            long_at(0)?,
            long_at(1)?,
            long_at(2)?,
            call_.arg(3, Type::Real)?,
        ],
    };
    Ok(call("kql_make_timespan", args))
}
