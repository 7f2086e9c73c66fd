//! `between` and `!between`.

use datafusion::logical_expr::Operator;

use crate::functions::call::binary;
use crate::functions::prelude::*;

use super::common_type;

pub const BETWEEN: Function = Function {
    name: "between",
    family: Family::Operators,
    signature: "value between (low .. high)",
    doc: "Whether a value lies between two others, both included. A timespan as the end of datetimes \
          counts from the start.",
    examples: &[("5 between (5 .. 15)", "true")],
    lower: Lower::By(between),
    kernels: &[],
};

pub const NOT_BETWEEN: Function = Function {
    name: "!between",
    family: Family::Operators,
    signature: "value !between (low .. high)",
    doc: "Whether a value lies outside two others.",
    examples: &[("5 !between (5 .. 15)", "false")],
    lower: Lower::By(|call| Ok(Expr::Not(Box::new(between(call)?)))),
    kernels: &[],
};

fn between(call_: Call<'_>) -> Result<Expr, Error> {
    let (value, low, high) = (call_.typed(0)?.ty, call_.typed(1)?.ty, call_.typed(2)?.ty);
    if common_type(value, low) == Type::DateTime && high == Type::TimeSpan {
        let start = call_.arg(1, Type::DateTime)?;
        let end = call("kql_add_datetime", vec![start.clone(), call_.arg(2, high)?]);
        return Ok(range(call_.arg(0, Type::DateTime)?, start, end));
    }
    let ty = common_type(common_type(value, low), high);
    if ty == Type::Real {
        let value = call_.arg(0, ty)?;
        let above = call(
            "kql_greater_or_equal_real",
            vec![value.clone(), call_.arg(1, ty)?],
        );
        let below = call("kql_less_or_equal_real", vec![value, call_.arg(2, ty)?]);
        return Ok(above.and(below));
    }
    Ok(range(
        call_.arg(0, ty)?,
        call_.arg(1, ty)?,
        call_.arg(2, ty)?,
    ))
}

fn range(value: Expr, low: Expr, high: Expr) -> Expr {
    binary(value.clone(), Operator::GtEq, low).and(binary(value, Operator::LtEq, high))
}
