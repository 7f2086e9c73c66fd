//! `dayofyear`: the day of the year.

use super::part;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "dayofyear",
    family: Family::Time,
    signature: "dayofyear(date: datetime): int",
    doc: "From 1 to 366.",
    examples: &[("dayofyear(datetime(2020-12-31))", "366")],
    lower: Lower::Convert(&[Type::DateTime]),
    kernels: &[Kernel::new(
        "kql_dayofyear",
        Type::Int,
        |rows| each!(rows, [long date] -> IntOut, part::day_of_year(date)),
    )],
};
