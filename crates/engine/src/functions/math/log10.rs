//! `log10`: the logarithm to the base 10.

use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "log10",
    family: Family::Math,
    signature: "log10(x: real): real",
    doc: "The logarithm to the base 10. Minus infinity for zero, null for a negative number.",
    examples: &[("log10(1000)", "3.0")],
    lower: Lower::Convert(&[Type::Real]),
    kernels: &[Kernel::new(
        "kql_log10",
        Type::Real,
        |rows| each!(rows, [real x] -> RealOut, (x >= 0.0 || x.is_nan()).then(|| x.log10())),
    )],
};
