//! `isfinite`: whether a number is finite.

use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "isfinite",
    family: Family::Math,
    signature: "isfinite(x: real): bool",
    doc: "Whether a real is neither infinite nor NaN.",
    examples: &[("isfinite(1.0)", "true")],
    lower: Lower::Convert(&[Type::Real]),
    kernels: &[Kernel::new(
        "kql_isfinite",
        Type::Bool,
        |rows| each!(rows, [real x] -> BoolOut, Some(x.is_finite())),
    )],
};
