//! `convert_force`: a value in another unit of force.

use super::units;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "convert_force",
    family: Family::Math,
    signature: "convert_force(value: real, from: string, to: string): real",
    doc: "A value of one unit of force in another; null for an unknown unit.",
    examples: &[("convert_force(1.2, 'Newton', 'Decanewton')", "0.12")],
    lower: Lower::Convert(&[Type::Real, Type::String]),
    kernels: &[Kernel::new("kql_convert_force", Type::Real, |rows| {
        units::convert(rows, units::force)
    })],
};
