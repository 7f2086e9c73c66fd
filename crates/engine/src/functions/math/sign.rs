//! `sign`: the sign of a number.

use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "sign",
    family: Family::Math,
    signature: "sign(x: real): real",
    doc: "-1, 0 or 1. NaN has the sign 0.",
    examples: &[("sign(-42)", "-1.0")],
    lower: Lower::Convert(&[Type::Real]),
    kernels: &[Kernel::new(
        "kql_sign",
        Type::Real,
        |rows| each!(rows, [real x] -> RealOut, Some(if x > 0.0 { 1.0 } else if x < 0.0 { -1.0 } else { 0.0 })),
    )],
};
