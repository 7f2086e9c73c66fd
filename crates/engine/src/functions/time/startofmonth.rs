//! `startofmonth`: the start of a month.

use super::periods;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "startofmonth",
    family: Family::Time,
    signature: "startofmonth(date: datetime[, offset: long]): datetime",
    doc: "The first tick of the month; with an offset, of as many months later.",
    examples: &[(
        "startofmonth(datetime(2020-06-15), 1)",
        "2020-07-01T00:00:00.0000000Z",
    )],
    lower: Lower::Convert(&[Type::DateTime, Type::Long]),
    kernels: &[Kernel::new("kql_startofmonth", Type::DateTime, |rows| {
        periods::run(rows, periods::Period::Month, periods::Edge::Start)
    })],
};
