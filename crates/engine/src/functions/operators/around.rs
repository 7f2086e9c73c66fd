//! `around`: a value near another.

use crate::functions::prelude::*;
use crate::functions::{TypedExpr, lower as lower_function};

use super::common_type;

pub const FUNCTION: Function = Function {
    name: "around",
    family: Family::Operators,
    signature: "around(value, center, delta): bool",
    doc: "Whether a value lies between `center - delta` and `center + delta`, both included.",
    examples: &[
        ("around(5, 4, 1)", "true"),
        ("around(5, 3, 1)", "false"),
        (
            "around(datetime(2024-05-01 10:00), datetime(2024-05-01 10:30), 1h)",
            "true",
        ),
    ],
    lower: Lower::By(lower),
    kernels: &[],
};

fn lower(call: Call<'_>) -> Result<Expr, Error> {
    let (center, delta) = (call.typed(1)?, call.typed(2)?);
    let ty = match (center.ty, delta.ty) {
        (center, Type::TimeSpan) => center,
        (center, delta) => common_type(center, delta),
    };
    let end = |operator: &str| -> Result<TypedExpr, Error> {
        let args = vec![center.clone(), delta.clone()];
        let expr = lower_function(operator, args, ty, call.cx)?;
        Ok(TypedExpr { expr, ty })
    };
    let args = vec![call.typed(0)?, end("-")?, end("+")?];
    lower_function("between", args, Type::Bool, call.cx)
}
