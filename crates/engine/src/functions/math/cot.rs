//! `cot`: the cotangent.

use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "cot",
    family: Family::Math,
    signature: "cot(x: real): real",
    doc: "The cotangent. Angles are in radians.",
    examples: &[("cot(1)", "0.6420926159343306")],
    lower: Lower::Convert(&[Type::Real]),
    kernels: &[Kernel::new(
        "kql_cot",
        Type::Real,
        |rows| each!(rows, [real x] -> RealOut, Some(1.0 / x.tan())),
    )],
};
