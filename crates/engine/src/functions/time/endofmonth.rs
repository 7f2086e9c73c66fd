//! `endofmonth`: the last tick of a month.

use super::periods;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "endofmonth",
    family: Family::Time,
    signature: "endofmonth(date: datetime[, offset: long]): datetime",
    doc: "The last tick of the month; with an offset, of as many months later.",
    examples: &[(
        "endofmonth(datetime(2020-02-15))",
        "2020-02-29T23:59:59.9999999Z",
    )],
    lower: Lower::Convert(&[Type::DateTime, Type::Long]),
    kernels: &[Kernel::new("kql_endofmonth", Type::DateTime, |rows| {
        periods::run(rows, periods::Period::Month, periods::Edge::End)
    })],
};
