//! `exp`: e to a power.

use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "exp",
    family: Family::Math,
    signature: "exp(x: real): real",
    doc: "E to a power.",
    examples: &[("exp(0)", "1.0")],
    lower: Lower::Convert(&[Type::Real]),
    kernels: &[Kernel::new(
        "kql_exp",
        Type::Real,
        |rows| each!(rows, [real x] -> RealOut, Some(x.exp())),
    )],
};
