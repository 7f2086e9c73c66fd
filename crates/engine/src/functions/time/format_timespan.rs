//! `format_timespan`: a timespan as text.

use super::pattern;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "format_timespan",
    family: Family::Time,
    signature: "format_timespan(span: timespan, format: string): string",
    doc: "The parts named in the format: `d…` days, `hh h mm m ss s`, `f…` and `F…` digits of the second; all else stands for itself.",
    examples: &[("format_timespan(25h + 61m, 'd.hh:mm')", "1.02:01")],
    lower: Lower::Convert(&[Type::TimeSpan, Type::String]),
    kernels: &[Kernel::new("kql_format_timespan", Type::String, |rows| {
        let mut patterns = Memo::empty();
        each!(rows, [long span, text format] -> TextOut, {
            Some(pattern::print_timespan(patterns.get(format, pattern::split), span))
        })
    })],
};
