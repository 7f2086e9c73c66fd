//! `iff`: one of two values.

use datafusion::logical_expr::when;

use crate::functions::convert::convert;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "iff",
    family: Family::Conditions,
    signature: "iff(condition: bool, then, else)",
    doc: "The second argument where the condition is true, else the third; null counts as false.",
    examples: &[
        ("iff(1 < 2, 'yes', 'no')", "yes"),
        ("iff(bool(null), 't', 'f')", "f"),
    ],
    lower: Lower::By(lower),
    kernels: &[],
};

fn lower(call: Call<'_>) -> Result<Expr, Error> {
    let condition = call.arg(0, Type::Bool)?;
    let yes = convert(call.typed(1)?, call.ty)?;
    let no = convert(call.typed(2)?, call.ty)?;
    when(condition, yes)
        .otherwise(no)
        .map_err(|error| Error::invalid(error.to_string()))
}
