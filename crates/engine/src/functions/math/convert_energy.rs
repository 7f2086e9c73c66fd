//! `convert_energy`: a value in another unit of energy.

use super::units;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "convert_energy",
    family: Family::Math,
    signature: "convert_energy(value: real, from: string, to: string): real",
    doc: "A value of one unit of energy in another; null for an unknown unit.",
    examples: &[("convert_energy(1.2, 'WattHour', 'Joule')", "4320.0")],
    lower: Lower::Convert(&[Type::Real, Type::String]),
    kernels: &[Kernel::new("kql_convert_energy", Type::Real, |rows| {
        units::convert(rows, units::energy)
    })],
};
