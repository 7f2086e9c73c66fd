//! `pow`: a power.

use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "pow",
    family: Family::Math,
    signature: "pow(base: real, exponent: real): real",
    doc: "The first argument to the power of the second.",
    examples: &[("pow(2, 3)", "8.0")],
    lower: Lower::Convert(&[Type::Real]),
    kernels: &[Kernel::new(
        "kql_pow",
        Type::Real,
        |rows| each!(rows, [real base, real exponent] -> RealOut, Some(base.powf(exponent))),
    )],
};
