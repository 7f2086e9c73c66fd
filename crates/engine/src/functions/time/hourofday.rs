//! `hourofday`: the hour.

use crate::functions::civil;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "hourofday",
    family: Family::Time,
    signature: "hourofday(date: datetime): int",
    doc: "From 0 to 23.",
    examples: &[("hourofday(datetime(2020-06-15 13:45))", "13")],
    lower: Lower::Convert(&[Type::DateTime]),
    kernels: &[Kernel::new(
        "kql_hourofday",
        Type::Int,
        |rows| each!(rows, [long date] -> IntOut, i32::try_from(civil::split(date).1 / civil::TICK_HOUR).ok()),
    )],
};
