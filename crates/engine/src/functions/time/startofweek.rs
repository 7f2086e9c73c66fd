//! `startofweek`: the start of a week.

use super::periods;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "startofweek",
    family: Family::Time,
    signature: "startofweek(date: datetime[, offset: long]): datetime",
    doc: "The first tick of the week, which starts on Sunday; with an offset, of as many weeks later.",
    examples: &[(
        "startofweek(datetime(2020-06-15), -2)",
        "2020-05-31T00:00:00.0000000Z",
    )],
    lower: Lower::Convert(&[Type::DateTime, Type::Long]),
    kernels: &[Kernel::new("kql_startofweek", Type::DateTime, |rows| {
        periods::run(rows, periods::Period::Week, periods::Edge::Start)
    })],
};
