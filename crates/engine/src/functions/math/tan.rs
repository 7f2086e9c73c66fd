//! `tan`: the tangent.

use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "tan",
    family: Family::Math,
    signature: "tan(x: real): real",
    doc: "The tangent. Angles are in radians.",
    examples: &[("tan(0)", "0.0")],
    lower: Lower::Convert(&[Type::Real]),
    kernels: &[Kernel::new(
        "kql_tan",
        Type::Real,
        |rows| each!(rows, [real x] -> RealOut, Some(x.tan())),
    )],
};
