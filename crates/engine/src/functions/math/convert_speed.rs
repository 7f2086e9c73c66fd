//! `convert_speed`: a value in another unit of speed.

use super::units;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "convert_speed",
    family: Family::Math,
    signature: "convert_speed(value: real, from: string, to: string): real",
    doc: "A value of one unit of speed in another; null for an unknown unit.",
    examples: &[(
        "convert_speed(36, 'KilometerPerHour', 'MeterPerSecond')",
        "10.0",
    )],
    lower: Lower::Convert(&[Type::Real, Type::String]),
    kernels: &[Kernel::new("kql_convert_speed", Type::Real, |rows| {
        units::convert(rows, units::speed)
    })],
};
