//! `abs`: the absolute value.

use crate::functions::TypedExpr;
use crate::functions::convert::convert;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "abs",
    family: Family::Math,
    signature: "abs(x)",
    doc: "A number or timespan without its sign.",
    examples: &[("abs(-5)", "5"), ("abs(-1d)", "1.00:00:00")],
    lower: Lower::By(lower),
    kernels: &[
        Kernel::new(
            "kql_abs_long",
            Type::Long,
            |rows| each!(rows, [long x] -> LongOut, Some(x.wrapping_abs())),
        ),
        Kernel::new(
            "kql_abs_real",
            Type::Real,
            |rows| each!(rows, [real x] -> RealOut, Some(x.abs())),
        ),
        Kernel::new(
            "kql_abs_decimal",
            Type::Decimal,
            |rows| each!(rows, [decimal x] -> DecimalOut, Some(x.abs())),
        ),
    ],
};

fn lower(call_: Call<'_>) -> Result<Expr, Error> {
    let (kernel, ty) = match call_.typed(0)?.ty {
        Type::TimeSpan => return Ok(call("kql_abs_long", vec![call_.arg(0, Type::TimeSpan)?])),
        Type::Decimal => ("kql_abs_decimal", Type::Decimal),
        Type::Int | Type::Long | Type::Bool => ("kql_abs_long", Type::Long),
        _ => ("kql_abs_real", Type::Real),
    };
    let expr = call(kernel, vec![call_.arg(0, ty)?]);
    convert(TypedExpr { expr, ty }, call_.ty)
}
