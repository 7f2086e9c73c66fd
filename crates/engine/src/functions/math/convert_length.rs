//! `convert_length`: a value in another unit of length.

use super::units;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "convert_length",
    family: Family::Math,
    signature: "convert_length(value: real, from: string, to: string): real",
    doc: "A value of one unit of length in another; null for an unknown unit.",
    examples: &[("convert_length(1, 'Kilometer', 'Meter')", "1000.0")],
    lower: Lower::Convert(&[Type::Real, Type::String]),
    kernels: &[Kernel::new("kql_convert_length", Type::Real, |rows| {
        units::convert(rows, units::length)
    })],
};
