//! `atan2`: the angle of a point.

use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "atan2",
    family: Family::Math,
    signature: "atan2(y: real, x: real): real",
    doc: "The angle between the x-axis and the ray to the point (x, y), in radians.",
    examples: &[("atan2(0, 1)", "0.0")],
    lower: Lower::Convert(&[Type::Real]),
    kernels: &[Kernel::new(
        "kql_atan2",
        Type::Real,
        |rows| each!(rows, [real y, real x] -> RealOut, Some(y.atan2(x))),
    )],
};
