//! `endofweek`: the last tick of a week.

use super::periods;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "endofweek",
    family: Family::Time,
    signature: "endofweek(date: datetime[, offset: long]): datetime",
    doc: "The last tick of the week, which starts on Sunday; with an offset, of as many weeks later.",
    examples: &[(
        "endofweek(datetime(2020-06-15))",
        "2020-06-20T23:59:59.9999999Z",
    )],
    lower: Lower::Convert(&[Type::DateTime, Type::Long]),
    kernels: &[Kernel::new("kql_endofweek", Type::DateTime, |rows| {
        periods::run(rows, periods::Period::Week, periods::Edge::End)
    })],
};
