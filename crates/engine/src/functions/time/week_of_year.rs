//! `week_of_year`: the week of the year.

use super::part;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "week_of_year",
    family: Family::Time,
    signature: "week_of_year(date: datetime): int",
    doc: "The ISO 8601 week, from 1 to 53.",
    examples: &[("week_of_year(datetime(2021-01-03))", "53")],
    lower: Lower::Convert(&[Type::DateTime]),
    kernels: &[Kernel::new(
        "kql_week_of_year",
        Type::Int,
        |rows| each!(rows, [long date] -> IntOut, part::week_of_year(date)),
    )],
};
