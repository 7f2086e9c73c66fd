//! `cos`: the cosine.

use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "cos",
    family: Family::Math,
    signature: "cos(x: real): real",
    doc: "The cosine. Angles are in radians.",
    examples: &[("cos(0)", "1.0")],
    lower: Lower::Convert(&[Type::Real]),
    kernels: &[Kernel::new(
        "kql_cos",
        Type::Real,
        |rows| each!(rows, [real x] -> RealOut, Some(x.cos())),
    )],
};
