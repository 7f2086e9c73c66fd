//! `dayofmonth`: the day of the month.

use crate::functions::civil;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "dayofmonth",
    family: Family::Time,
    signature: "dayofmonth(date: datetime): int",
    doc: "From 1 to 31.",
    examples: &[("dayofmonth(datetime(2020-06-15))", "15")],
    lower: Lower::Convert(&[Type::DateTime]),
    kernels: &[Kernel::new(
        "kql_dayofmonth",
        Type::Int,
        |rows| each!(rows, [long date] -> IntOut, i32::try_from(civil::date(date).day).ok()),
    )],
};
