//! `atan`: the angle of a tangent.

use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "atan",
    family: Family::Math,
    signature: "atan(x: real): real",
    doc: "The angle of a tangent. Angles are in radians.",
    examples: &[("atan(0)", "0.0")],
    lower: Lower::Convert(&[Type::Real]),
    kernels: &[Kernel::new(
        "kql_atan",
        Type::Real,
        |rows| each!(rows, [real x] -> RealOut, Some(x.atan())),
    )],
};
