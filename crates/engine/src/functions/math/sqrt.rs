//! `sqrt`: the square root.

use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "sqrt",
    family: Family::Math,
    signature: "sqrt(x: real): real",
    doc: "The square root; NaN for a negative number.",
    examples: &[("sqrt(256)", "16.0")],
    lower: Lower::Convert(&[Type::Real]),
    kernels: &[Kernel::new(
        "kql_sqrt",
        Type::Real,
        |rows| each!(rows, [real x] -> RealOut, Some(x.sqrt())),
    )],
};
