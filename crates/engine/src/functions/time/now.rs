//! `now`: the instant of the evaluation.

use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "now",
    family: Family::Time,
    signature: "now([offset: timespan]): datetime",
    doc: "The instant of the evaluation, moved by an offset.",
    examples: &[],
    lower: Lower::By(lower),
    kernels: &[],
};

fn lower(call_: Call<'_>) -> Result<Expr, Error> {
    let now = call_.cx.now.clone();
    if call_.count() == 0 {
        return Ok(now);
    }
    Ok(call(
        "kql_add_datetime",
        vec![now, call_.arg(0, Type::TimeSpan)?],
    ))
}
