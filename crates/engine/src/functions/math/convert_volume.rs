//! `convert_volume`: a value in another unit of volume.

use super::units;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "convert_volume",
    family: Family::Math,
    signature: "convert_volume(value: real, from: string, to: string): real",
    doc: "A value of one unit of volume in another; null for an unknown unit.",
    examples: &[("convert_volume(1, 'CubicMeter', 'Liter')", "1000.0")],
    lower: Lower::Convert(&[Type::Real, Type::String]),
    kernels: &[Kernel::new("kql_convert_volume", Type::Real, |rows| {
        units::convert(rows, units::volume)
    })],
};
