//! `log2`: the logarithm to the base 2.

use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "log2",
    family: Family::Math,
    signature: "log2(x: real): real",
    doc: "The logarithm to the base 2. Minus infinity for zero, null for a negative number.",
    examples: &[("log2(8)", "3.0")],
    lower: Lower::Convert(&[Type::Real]),
    kernels: &[Kernel::new(
        "kql_log2",
        Type::Real,
        |rows| each!(rows, [real x] -> RealOut, (x >= 0.0 || x.is_nan()).then(|| x.log2())),
    )],
};
