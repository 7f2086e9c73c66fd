//! `sin`: the sine.

use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "sin",
    family: Family::Math,
    signature: "sin(x: real): real",
    doc: "The sine. Angles are in radians.",
    examples: &[("sin(0)", "0.0")],
    lower: Lower::Convert(&[Type::Real]),
    kernels: &[Kernel::new(
        "kql_sin",
        Type::Real,
        |rows| each!(rows, [real x] -> RealOut, Some(x.sin())),
    )],
};
