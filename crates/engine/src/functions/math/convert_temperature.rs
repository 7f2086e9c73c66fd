//! `convert_temperature`: a value in another unit of temperature.

use super::units;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "convert_temperature",
    family: Family::Math,
    signature: "convert_temperature(value: real, from: string, to: string): real",
    doc: "A value of one unit of temperature in another; null for an unknown unit.",
    examples: &[(
        "convert_temperature(100, 'DegreeCelsius', 'Kelvin')",
        "373.15",
    )],
    lower: Lower::Convert(&[Type::Real, Type::String]),
    kernels: &[Kernel::new("kql_convert_temperature", Type::Real, |rows| {
        units::convert(rows, units::temperature)
    })],
};
