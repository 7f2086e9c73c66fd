//! `datetime_part`: a part of a datetime.

use super::part;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "datetime_part",
    family: Family::Time,
    signature: "datetime_part(part: string, date: datetime): int",
    doc: "A part by name: year, quarter, month, week_of_year, day, dayOfYear, hour, minute, second, millisecond, microsecond, nanosecond.",
    examples: &[("datetime_part('quarter', datetime(2020-06-15))", "2")],
    lower: Lower::Convert(&[Type::String, Type::DateTime]),
    kernels: &[Kernel::new("kql_datetime_part", Type::Int, |rows| {
        let mut parts = Memo::empty();
        each!(rows, [text name, long date] -> IntOut, part::part_of((*parts.get(name, part::Part::from_name))?, date))
    })],
};
