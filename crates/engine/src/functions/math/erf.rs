//! `erf`: the error function.

use super::special;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "erf",
    family: Family::Math,
    signature: "erf(x: real): real",
    doc: "The error function.",
    examples: &[("erf(0)", "0.0")],
    lower: Lower::Convert(&[Type::Real]),
    kernels: &[Kernel::new(
        "kql_erf",
        Type::Real,
        |rows| each!(rows, [real x] -> RealOut, Some(special::erf(x))),
    )],
};
