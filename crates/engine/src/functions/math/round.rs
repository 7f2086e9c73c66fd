//! `round`: a number rounded.

use crate::functions::TypedExpr;
use crate::functions::call::long;
use crate::functions::convert::convert;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "round",
    family: Family::Math,
    signature: "round(x[, digits: long])",
    doc: "A number rounded to whole numbers, or to a number of digits after the point (negative: before it); halves away from zero.",
    examples: &[("round(2.98765, 3)", "2.988"), ("round(-2.5)", "-3.0")],
    lower: Lower::By(lower),
    kernels: &[Kernel::new(
        "kql_round",
        Type::Real,
        |rows| each!(rows, [real x, long digits] -> RealOut, Some(round(x, digits))),
    )],
};

fn lower(call_: Call<'_>) -> Result<Expr, Error> {
    let digits = if call_.count() > 1 {
        call_.arg(1, Type::Long)?
    } else {
        long(0)
    };
    let expr = call("kql_round", vec![call_.arg(0, Type::Real)?, digits]);
    convert(
        TypedExpr {
            expr,
            ty: Type::Real,
        },
        call_.ty,
    )
}

fn round(x: f64, digits: i64) -> f64 {
    let scale = 10_f64.powi(i32::try_from(digits.clamp(-300, 300)).unwrap_or(0));
    let scaled = x * scale;
    if !scaled.is_finite() {
        return x;
    }
    scaled.round() / scale
}
