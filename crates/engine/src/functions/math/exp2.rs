//! `exp2`: 2 to a power.

use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "exp2",
    family: Family::Math,
    signature: "exp2(x: real): real",
    doc: "2 to a power.",
    examples: &[("exp2(10)", "1024.0")],
    lower: Lower::Convert(&[Type::Real]),
    kernels: &[Kernel::new(
        "kql_exp2",
        Type::Real,
        |rows| each!(rows, [real x] -> RealOut, Some(x.exp2())),
    )],
};
