//! `degrees`: radians as degrees.

use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "degrees",
    family: Family::Math,
    signature: "degrees(x: real): real",
    doc: "Radians as degrees.",
    examples: &[("degrees(pi())", "180.0")],
    lower: Lower::Convert(&[Type::Real]),
    kernels: &[Kernel::new(
        "kql_degrees",
        Type::Real,
        |rows| each!(rows, [real x] -> RealOut, Some(x.to_degrees())),
    )],
};
