//! `format_datetime`: a datetime as text.

use super::pattern;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "format_datetime",
    family: Family::Time,
    signature: "format_datetime(date: datetime, format: string): string",
    doc: "The parts named in the format: `yyyy yy y MM M dd d HH H hh h mm m ss s tt`, `f…` digits of the second, `F…` the same without zeros at the end; all else stands for itself.",
    examples: &[(
        "format_datetime(datetime(2020-06-15 13:45:09), 'M/d/yyyy h:mm:ss tt')",
        "6/15/2020 1:45:09 PM",
    )],
    lower: Lower::Convert(&[Type::DateTime, Type::String]),
    kernels: &[Kernel::new("kql_format_datetime", Type::String, |rows| {
        let mut patterns = Memo::empty();
        each!(rows, [long date, text format] -> TextOut, {
            Some(pattern::print_datetime(patterns.get(format, pattern::split), date))
        })
    })],
};
