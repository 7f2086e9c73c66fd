//! `ceiling`: the next integer above.

use crate::functions::TypedExpr;
use crate::functions::convert::convert;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "ceiling",
    family: Family::Math,
    signature: "ceiling(x)",
    doc: "The smallest whole number that is not below a number.",
    examples: &[("ceiling(-1.1)", "-1.0"), ("ceiling(5)", "5")],
    lower: Lower::By(lower),
    kernels: &[Kernel::new(
        "kql_ceiling",
        Type::Real,
        |rows| each!(rows, [real x] -> RealOut, Some(x.ceil())),
    )],
};

fn lower(call_: Call<'_>) -> Result<Expr, Error> {
    if call_.typed(0)?.ty.is_integer() {
        return call_.arg(0, call_.ty);
    }
    let expr = call("kql_ceiling", vec![call_.arg(0, Type::Real)?]);
    convert(
        TypedExpr {
            expr,
            ty: Type::Real,
        },
        call_.ty,
    )
}
