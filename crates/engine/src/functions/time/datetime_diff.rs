//! `datetime_diff`: the borders between two datetimes.

use super::part;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "datetime_diff",
    family: Family::Time,
    signature: "datetime_diff(part: string, a: datetime, b: datetime): long",
    doc: "How many borders of the part lie between `b` and `a`.",
    examples: &[
        (
            "datetime_diff('quarter', datetime(2021-01-01), datetime(2020-01-01))",
            "4",
        ),
        (
            "datetime_diff('minute', datetime(2020-01-01 00:00), datetime(2020-01-01 00:01))",
            "-1",
        ),
    ],
    lower: Lower::Convert(&[Type::String, Type::DateTime]),
    kernels: &[Kernel::new("kql_datetime_diff", Type::Long, |rows| {
        let mut parts = Memo::empty();
        each!(rows, [text name, long a, long b] -> LongOut, {
            let part = (*parts.get(name, part::Part::from_name))?;
            Some(part::ordinal(part, a)? - part::ordinal(part, b)?)
        })
    })],
};
