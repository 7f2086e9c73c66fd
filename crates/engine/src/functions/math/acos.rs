//! `acos`: the angle of a cosine.

use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "acos",
    family: Family::Math,
    signature: "acos(x: real): real",
    doc: "The angle of a cosine. Angles are in radians.",
    examples: &[("acos(1)", "0.0")],
    lower: Lower::Convert(&[Type::Real]),
    kernels: &[Kernel::new(
        "kql_acos",
        Type::Real,
        |rows| each!(rows, [real x] -> RealOut, Some(x.acos())),
    )],
};
