//! `gamma`: the gamma function.

use super::special;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "gamma",
    family: Family::Math,
    signature: "gamma(x: real): real",
    doc: "The gamma function.",
    examples: &[("gamma(5)", "24.0")],
    lower: Lower::Convert(&[Type::Real]),
    kernels: &[Kernel::new(
        "kql_gamma",
        Type::Real,
        |rows| each!(rows, [real x] -> RealOut, Some(special::gamma(x))),
    )],
};
