//! `isnan`: whether a number is NaN.

use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "isnan",
    family: Family::Math,
    signature: "isnan(x: real): bool",
    doc: "Whether a real is not a number.",
    examples: &[("isnan(0.0 / 0.0)", "true")],
    lower: Lower::Convert(&[Type::Real]),
    kernels: &[Kernel::new(
        "kql_isnan",
        Type::Bool,
        |rows| each!(rows, [real x] -> BoolOut, Some(x.is_nan())),
    )],
};
