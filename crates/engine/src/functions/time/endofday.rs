//! `endofday`: the last tick of a day.

use super::periods;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "endofday",
    family: Family::Time,
    signature: "endofday(date: datetime[, offset: long]): datetime",
    doc: "The last tick of the day; with an offset, of as many days later.",
    examples: &[(
        "endofday(datetime(2020-06-15 13:45))",
        "2020-06-15T23:59:59.9999999Z",
    )],
    lower: Lower::Convert(&[Type::DateTime, Type::Long]),
    kernels: &[Kernel::new("kql_endofday", Type::DateTime, |rows| {
        periods::run(rows, periods::Period::Day, periods::Edge::End)
    })],
};
