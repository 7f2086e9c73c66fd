//! What the `unixtime_…_todatetime` functions share.

use datafusion::logical_expr::{Expr, lit};
use keyline_kql::types::Type;

use crate::functions::Error;
use crate::functions::call::{Call, long};
use crate::functions::civil::in_range;
use crate::functions::kernel::{Kernel, call};
use crate::functions::rows::each;

#[derive(Clone, Copy)]
pub enum Unit {
    Seconds,
    Milliseconds,
    Microseconds,
    Nanoseconds,
}

pub const KERNELS: &[Kernel] = &[
    Kernel::new("kql_unixtime_long", Type::DateTime, |rows| {
        each!(rows, [long value, long ticks] -> LongOut, {
            in_range(i128::from(value) * i128::from(ticks))
        })
    }),
    Kernel::new(
        "kql_unixtime_nanoseconds",
        Type::DateTime,
        |rows| each!(rows, [long value] -> LongOut, in_range(i128::from(value.div_euclid(100)))),
    ),
    Kernel::new("kql_unixtime_real", Type::DateTime, |rows| {
        each!(rows, [real value, real ticks] -> LongOut, {
            let value = (value * ticks).round();
            (value.abs() < 9.2e18).then(|| in_range(value as i128)).flatten()
        })
    }),
];

pub fn lower(call_: &Call<'_>, unit: Unit) -> Result<Expr, Error> {
    let (ticks, real_ticks) = match unit {
        Unit::Seconds => (10_000_000, 1e7),
        Unit::Milliseconds => (10_000, 1e4),
        Unit::Microseconds => (10, 10.0),
        Unit::Nanoseconds => (0, 0.01),
    };
    if !matches!(call_.typed(0)?.ty, Type::Int | Type::Long) {
        return Ok(call(
            "kql_unixtime_real",
            vec![call_.arg(0, Type::Real)?, lit(real_ticks)],
        ));
    }
    let value = call_.arg(0, Type::Long)?;
    Ok(match unit {
        Unit::Nanoseconds => call("kql_unixtime_nanoseconds", vec![value]),
        _ => call("kql_unixtime_long", vec![value, long(ticks)]),
    })
}
