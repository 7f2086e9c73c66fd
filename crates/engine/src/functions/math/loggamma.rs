//! `loggamma`: the logarithm of the gamma function.

use super::special;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "loggamma",
    family: Family::Math,
    signature: "loggamma(x: real): real",
    doc: "The natural logarithm of the absolute value of the gamma function.",
    examples: &[("loggamma(1)", "0.0")],
    lower: Lower::Convert(&[Type::Real]),
    kernels: &[Kernel::new(
        "kql_loggamma",
        Type::Real,
        |rows| each!(rows, [real x] -> RealOut, Some(special::log_gamma(x))),
    )],
};
