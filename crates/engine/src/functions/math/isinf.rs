//! `isinf`: whether a number is infinite.

use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "isinf",
    family: Family::Math,
    signature: "isinf(x: real): bool",
    doc: "Whether a real is infinity or minus infinity.",
    examples: &[("isinf(1.0 / 0.0)", "true")],
    lower: Lower::Convert(&[Type::Real]),
    kernels: &[Kernel::new(
        "kql_isinf",
        Type::Bool,
        |rows| each!(rows, [real x] -> BoolOut, Some(x.is_infinite())),
    )],
};
