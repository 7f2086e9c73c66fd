//! `convert_angle`: a value in another unit of angle.

use super::units;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "convert_angle",
    family: Family::Math,
    signature: "convert_angle(value: real, from: string, to: string): real",
    doc: "A value of one unit of angle in another; null for an unknown unit.",
    examples: &[(
        "convert_angle(180, 'Degree', 'Radian')",
        "3.141592653589793",
    )],
    lower: Lower::Convert(&[Type::Real, Type::String]),
    kernels: &[Kernel::new("kql_convert_angle", Type::Real, |rows| {
        units::convert(rows, units::angle)
    })],
};
