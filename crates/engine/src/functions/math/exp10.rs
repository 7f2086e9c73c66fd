//! `exp10`: 10 to a power.

use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "exp10",
    family: Family::Math,
    signature: "exp10(x: real): real",
    doc: "10 to a power.",
    examples: &[("exp10(3)", "1000.0")],
    lower: Lower::Convert(&[Type::Real]),
    kernels: &[Kernel::new(
        "kql_exp10",
        Type::Real,
        |rows| each!(rows, [real x] -> RealOut, Some(10_f64.powf(x))),
    )],
};
