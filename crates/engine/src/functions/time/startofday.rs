//! `startofday`: the start of a day.

use super::periods;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "startofday",
    family: Family::Time,
    signature: "startofday(date: datetime[, offset: long]): datetime",
    doc: "The first tick of the day; with an offset, of as many days later.",
    examples: &[(
        "startofday(datetime(2020-06-15 13:45))",
        "2020-06-15T00:00:00.0000000Z",
    )],
    lower: Lower::Convert(&[Type::DateTime, Type::Long]),
    kernels: &[Kernel::new("kql_startofday", Type::DateTime, |rows| {
        periods::run(rows, periods::Period::Day, periods::Edge::Start)
    })],
};
