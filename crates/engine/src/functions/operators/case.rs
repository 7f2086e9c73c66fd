//! `case`: the value of the first condition that holds.

use datafusion::logical_expr::expr::Case;

use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "case",
    family: Family::Conditions,
    signature: "case(condition, then, …, else)",
    doc: "The value behind the first condition that is true, or the last argument.",
    examples: &[("case(1 > 2, 'a', 2 > 1, 'b', 'c')", "b")],
    lower: Lower::By(lower),
    kernels: &[],
};

fn lower(call: Call<'_>) -> Result<Expr, Error> {
    let count = call.count();
    if count < 3 || count.is_multiple_of(2) {
        return Err(Error::invalid(format!(
            "`case` expects an odd number of arguments from 3 on, found {count}"
        )));
    }
    let mut branches = Vec::with_capacity(count / 2);
    for index in (0..count - 1).step_by(2) {
        let condition = call.arg(index, Type::Bool)?;
        branches.push((Box::new(condition), Box::new(call.arg(index + 1, call.ty)?)));
    }
    let last = call.arg(count - 1, call.ty)?;
    Ok(Expr::Case(Case {
        expr: None,
        when_then_expr: branches,
        else_expr: Some(Box::new(last)),
    }))
}
