//! `coalesce`: the first value that is not null, or for strings not empty.

use datafusion::logical_expr::expr::Case;

use crate::functions::call::text;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "coalesce",
    family: Family::Conditions,
    signature: "coalesce(a, b, …)",
    doc: "The first argument that is not null; of strings, the first that is not empty.",
    examples: &[
        ("coalesce(int(null), 5, 7)", "5"),
        ("coalesce('', 'x')", "x"),
    ],
    lower: Lower::By(lower),
    kernels: &[],
};

fn lower(call: Call<'_>) -> Result<Expr, Error> {
    let mut args = Vec::with_capacity(call.count());
    for index in 0..call.count() {
        args.push(call.arg(index, call.ty)?);
    }
    if call.ty != Type::String {
        return Ok(datafusion::functions::core::expr_fn::coalesce(args));
    }
    let last = args.pop();
    let branches = args
        .into_iter()
        .map(|arg| (Box::new(arg.clone().not_eq(text(""))), Box::new(arg)))
        .collect::<Vec<_>>();
    Ok(Expr::Case(Case {
        expr: None,
        when_then_expr: branches,
        else_expr: last.map(Box::new),
    }))
}
