//! `convert_mass`: a value in another unit of mass.

use super::units;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "convert_mass",
    family: Family::Math,
    signature: "convert_mass(value: real, from: string, to: string): real",
    doc: "A value of one unit of mass in another; null for an unknown unit.",
    examples: &[("convert_mass(1, 'Kilogram', 'Gram')", "1000.0")],
    lower: Lower::Convert(&[Type::Real, Type::String]),
    kernels: &[Kernel::new("kql_convert_mass", Type::Real, |rows| {
        units::convert(rows, units::mass)
    })],
};
