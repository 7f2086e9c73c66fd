//! `log`: the natural logarithm.

use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "log",
    family: Family::Math,
    signature: "log(x: real): real",
    doc: "The natural logarithm. Minus infinity for zero, null for a negative number.",
    examples: &[("log(1)", "0.0")],
    lower: Lower::Convert(&[Type::Real]),
    kernels: &[Kernel::new(
        "kql_log",
        Type::Real,
        |rows| each!(rows, [real x] -> RealOut, (x >= 0.0 || x.is_nan()).then(|| x.ln())),
    )],
};
