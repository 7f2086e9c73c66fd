//! `make_datetime`: a datetime from its parts.

use datafusion::logical_expr::lit;

use crate::functions::call::long;
use crate::functions::civil;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "make_datetime",
    family: Family::Time,
    signature: "make_datetime(year, month, day[, hour, minute[, second: real]]): datetime",
    doc: "The datetime of its parts; null if there is none such. From one argument as `todatetime`.",
    examples: &[
        (
            "make_datetime(2020, 2, 29, 13, 45, 9)",
            "2020-02-29T13:45:09.0000000Z",
        ),
        ("make_datetime(2020, 13, 1)", ""),
    ],
    lower: Lower::By(lower),
    kernels: &[Kernel::new("kql_make_datetime", Type::DateTime, |rows| {
        each!(rows, [long year, long month, long day, long hour, long minute, real second] -> LongOut, {
            let midnight = civil::midnight(civil::Date { year, month, day })?;
            let clock = (0..24).contains(&hour) && (0..60).contains(&minute) && (0.0..60.0).contains(&second);
            let seconds = (second * civil::TICK_SECOND as f64).round() as i64;
            clock.then(|| midnight + hour * civil::TICK_HOUR + minute * civil::TICK_MINUTE + seconds)
        })
    })],
};

fn lower(call_: Call<'_>) -> Result<Expr, Error> {
    if call_.count() == 1 {
        return call_.arg(0, Type::DateTime);
    }
    let mut args = Vec::new();
    for index in 0..5 {
        args.push(if index < call_.count() {
            call_.arg(index, Type::Long)?
        } else {
            long(0)
        });
    }
    args.push(if call_.count() > 5 {
        call_.arg(5, Type::Real)?
    } else {
        lit(0.0)
    });
    Ok(call("kql_make_datetime", args))
}
