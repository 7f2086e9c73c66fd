//! `isnull`, `isnotnull`, `isempty`, `isnotempty`. Strings are never null.

use datafusion::logical_expr::lit;

use crate::functions::call::text;
use crate::functions::prelude::*;

pub const ISNULL: Function = Function {
    name: "isnull",
    family: Family::Conditions,
    signature: "isnull(value): bool",
    doc: "Whether a value is null. No string is.",
    examples: &[("isnull(int(null))", "true"), ("isnull('')", "false")],
    lower: Lower::By(is_null),
    kernels: &[],
};

pub const ISNOTNULL: Function = Function {
    name: "isnotnull",
    family: Family::Conditions,
    signature: "isnotnull(value): bool",
    doc: "Whether a value is not null. Every string is not.",
    examples: &[("isnotnull(1)", "true")],
    lower: Lower::By(|call| Ok(Expr::Not(Box::new(is_null(call)?)))),
    kernels: &[],
};

pub const ISEMPTY: Function = Function {
    name: "isempty",
    family: Family::Conditions,
    signature: "isempty(value): bool",
    doc: "Whether a value is null or the empty string.",
    examples: &[("isempty('')", "true"), ("isempty(dynamic(null))", "true")],
    lower: Lower::By(is_empty),
    kernels: &[],
};

pub const ISNOTEMPTY: Function = Function {
    name: "isnotempty",
    family: Family::Conditions,
    signature: "isnotempty(value): bool",
    doc: "Whether a value is neither null nor the empty string.",
    examples: &[("isnotempty('a')", "true")],
    lower: Lower::By(|call| Ok(Expr::Not(Box::new(is_empty(call)?)))),
    kernels: &[],
};

fn is_null(call: Call<'_>) -> Result<Expr, Error> {
    let arg = call.typed(0)?;
    if arg.ty == Type::String {
        return Ok(lit(false));
    }
    Ok(arg.expr.is_null())
}

fn is_empty(call: Call<'_>) -> Result<Expr, Error> {
    match call.typed(0)?.ty {
        Type::String => Ok(call.arg(0, Type::String)?.eq(text(""))),
        Type::Dynamic => Ok(call.arg(0, Type::String)?.eq(text(""))),
        _ => is_null(call),
    }
}
