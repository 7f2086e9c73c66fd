//! `and`, `or`, `not`: three-valued, as DataFusion's.

use datafusion::logical_expr::Operator;

use crate::functions::call::binary;
use crate::functions::prelude::*;

pub const AND: Function = Function {
    name: "and",
    family: Family::Operators,
    signature: "a and b",
    doc: "Whether both are true.",
    examples: &[("true and false", "false")],
    lower: Lower::By(|call| chain(call, Operator::And)),
    kernels: &[],
};

pub const OR: Function = Function {
    name: "or",
    family: Family::Operators,
    signature: "a or b",
    doc: "Whether at least one is true.",
    examples: &[("true or false", "true")],
    lower: Lower::By(|call| chain(call, Operator::Or)),
    kernels: &[],
};

pub const NOT: Function = Function {
    name: "not",
    family: Family::Operators,
    signature: "not(a): bool",
    doc: "The opposite of a truth value. Null stays null.",
    examples: &[("not(1 == 2)", "true")],
    lower: Lower::By(|call| Ok(Expr::Not(Box::new(call.arg(0, Type::Bool)?)))),
    kernels: &[],
};

fn chain(call: Call<'_>, op: Operator) -> Result<Expr, Error> {
    let mut all = call.arg(0, Type::Bool)?;
    for index in 1..call.count() {
        all = binary(all, op, call.arg(index, Type::Bool)?);
    }
    Ok(all)
}
