//! `endofyear`: the last tick of a year.

use super::periods;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "endofyear",
    family: Family::Time,
    signature: "endofyear(date: datetime[, offset: long]): datetime",
    doc: "The last tick of the year; with an offset, of as many years later.",
    examples: &[(
        "endofyear(datetime(2020-02-15))",
        "2020-12-31T23:59:59.9999999Z",
    )],
    lower: Lower::Convert(&[Type::DateTime, Type::Long]),
    kernels: &[Kernel::new("kql_endofyear", Type::DateTime, |rows| {
        periods::run(rows, periods::Period::Year, periods::Edge::End)
    })],
};
