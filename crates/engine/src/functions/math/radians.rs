//! `radians`: degrees as radians.

use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "radians",
    family: Family::Math,
    signature: "radians(x: real): real",
    doc: "Degrees as radians.",
    examples: &[("radians(0)", "0.0")],
    lower: Lower::Convert(&[Type::Real]),
    kernels: &[Kernel::new(
        "kql_radians",
        Type::Real,
        |rows| each!(rows, [real x] -> RealOut, Some(x.to_radians())),
    )],
};
