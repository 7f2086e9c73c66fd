//! `datetime_add`: a datetime moved by parts.

use super::part;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "datetime_add",
    family: Family::Time,
    signature: "datetime_add(part: string, count: long, date: datetime): datetime",
    doc: "The datetime `count` parts later; months that are too short end on their last day.",
    examples: &[(
        "datetime_add('month', 1, datetime(2020-01-31))",
        "2020-02-29T00:00:00.0000000Z",
    )],
    lower: Lower::Convert(&[Type::String, Type::Long, Type::DateTime]),
    kernels: &[Kernel::new("kql_datetime_add", Type::DateTime, |rows| {
        let mut parts = Memo::empty();
        each!(rows, [text name, long count, long date] -> LongOut, part::add((*parts.get(name, part::Part::from_name))?, count, date))
    })],
};
