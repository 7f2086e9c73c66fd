//! `ago`: an instant before the evaluation.

use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "ago",
    family: Family::Time,
    signature: "ago(span: timespan): datetime",
    doc: "The instant of the evaluation less a timespan.",
    examples: &[],
    lower: Lower::By(lower),
    kernels: &[],
};

fn lower(call_: Call<'_>) -> Result<Expr, Error> {
    Ok(call(
        "kql_subtract_datetime",
        vec![call_.cx.now.clone(), call_.arg(0, Type::TimeSpan)?],
    ))
}
