//! `monthofyear`: the month.

use crate::functions::civil;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "monthofyear",
    family: Family::Time,
    signature: "monthofyear(date: datetime): int",
    doc: "From 1 to 12.",
    examples: &[("monthofyear(datetime(2020-06-15))", "6")],
    lower: Lower::Convert(&[Type::DateTime]),
    kernels: &[Kernel::new(
        "kql_monthofyear",
        Type::Int,
        |rows| each!(rows, [long date] -> IntOut, i32::try_from(civil::date(date).month).ok()),
    )],
};
