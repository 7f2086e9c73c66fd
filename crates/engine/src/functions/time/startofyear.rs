//! `startofyear`: the start of a year.

use super::periods;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "startofyear",
    family: Family::Time,
    signature: "startofyear(date: datetime[, offset: long]): datetime",
    doc: "The first tick of the year; with an offset, of as many years later.",
    examples: &[(
        "startofyear(datetime(2020-06-15))",
        "2020-01-01T00:00:00.0000000Z",
    )],
    lower: Lower::Convert(&[Type::DateTime, Type::Long]),
    kernels: &[Kernel::new("kql_startofyear", Type::DateTime, |rows| {
        periods::run(rows, periods::Period::Year, periods::Edge::Start)
    })],
};
