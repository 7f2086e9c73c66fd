//! `asin`: the angle of a sine.

use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "asin",
    family: Family::Math,
    signature: "asin(x: real): real",
    doc: "The angle of a sine. Angles are in radians.",
    examples: &[("asin(0)", "0.0")],
    lower: Lower::Convert(&[Type::Real]),
    kernels: &[Kernel::new(
        "kql_asin",
        Type::Real,
        |rows| each!(rows, [real x] -> RealOut, Some(x.asin())),
    )],
};
