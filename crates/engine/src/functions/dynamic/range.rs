//! `range`: an array of evenly spaced values.

use datafusion::logical_expr::lit;

use crate::functions::call::long;
use crate::functions::civil::TICK_HOUR;
use crate::functions::format::{datetime_text, real_text, timespan_text};
use crate::functions::json;
use crate::functions::limits::RANGE_COUNT_MAX;
use crate::functions::operators::common_type;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "range",
    family: Family::Arrays,
    signature: "range(start, stop[, step]): dynamic",
    doc: "The values from `start` to `stop`, a step (1, or one hour between datetimes) apart; at most 1,048,576.",
    examples: &[("range(1, 8, 3)", "[1,4,7]")],
    lower: Lower::By(lower),
    kernels: &[
        Kernel::new(
            "kql_range_long",
            Type::Dynamic,
            |rows| each!(rows, [long start, long stop, long step] -> JsonOut, integers(start, stop, step, |value| value.to_string())),
        ),
        Kernel::new(
            "kql_range_timespan",
            Type::Dynamic,
            |rows| each!(rows, [long start, long stop, long step] -> JsonOut, integers(start, stop, step, |value| json::quoted(&timespan_text(value)))),
        ),
        Kernel::new(
            "kql_range_datetime",
            Type::Dynamic,
            |rows| each!(rows, [long start, long stop, long step] -> JsonOut, integers(start, stop, step, |value| json::quoted(&datetime_text(value)))),
        ),
        Kernel::new(
            "kql_range_real",
            Type::Dynamic,
            |rows| each!(rows, [real start, real stop, real step] -> JsonOut, reals(start, stop, step)),
        ),
    ],
};

fn lower(call_: Call<'_>) -> Result<Expr, Error> {
    let ty = common_type(call_.typed(0)?.ty, call_.typed(1)?.ty);
    let step = call_.type_of(2).unwrap_or(Type::Long);
    let (kernel, ty, step_ty) = match (ty, common_type(ty, step)) {
        (Type::DateTime, _) => ("kql_range_datetime", Type::DateTime, Type::TimeSpan),
        (Type::TimeSpan, _) => ("kql_range_timespan", Type::TimeSpan, Type::TimeSpan),
        (_, Type::Real | Type::Decimal) => ("kql_range_real", Type::Real, Type::Real),
        _ => ("kql_range_long", Type::Long, Type::Long),
    };
    let step = match (call_.count(), ty) {
        (3, _) => call_.arg(2, step_ty)?,
        (_, Type::DateTime | Type::TimeSpan) => long(TICK_HOUR),
        (_, Type::Real) => lit(1.0),
        _ => long(1),
    };
    Ok(call(
        kernel,
        vec![call_.arg(0, ty)?, call_.arg(1, ty)?, step],
    ))
}

fn integers(start: i64, stop: i64, step: i64, print: impl Fn(i64) -> String) -> Option<String> {
    if step == 0 {
        return None;
    }
    let mut items = Vec::new();
    let mut value = start;
    while items.len() < RANGE_COUNT_MAX
        && if step > 0 {
            value <= stop
        } else {
            value >= stop
        }
    {
        items.push(print(value));
        match value.checked_add(step) {
            Some(next) => value = next,
            None => break,
        }
    }
    Some(format!("[{}]", items.join(",")))
}

fn reals(start: f64, stop: f64, step: f64) -> Option<String> {
    if step == 0.0 || !(start.is_finite() && stop.is_finite() && step.is_finite()) {
        return None;
    }
    let mut items = Vec::new();
    let mut value = start;
    while items.len() < RANGE_COUNT_MAX
        && if step > 0.0 {
            value <= stop
        } else {
            value >= stop
        }
    {
        items.push(real_text(value));
        value = start + step * items.len() as f64;
    }
    Some(format!("[{}]", items.join(",")))
}
