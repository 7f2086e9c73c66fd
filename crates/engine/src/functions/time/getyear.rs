//! `getyear`: the year.

use crate::functions::civil;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "getyear",
    family: Family::Time,
    signature: "getyear(date: datetime): int",
    doc: "The year of a datetime.",
    examples: &[("getyear(datetime(2020-06-15))", "2020")],
    lower: Lower::Convert(&[Type::DateTime]),
    kernels: &[Kernel::new(
        "kql_getyear",
        Type::Int,
        |rows| each!(rows, [long date] -> IntOut, i32::try_from(civil::date(date).year).ok()),
    )],
};
