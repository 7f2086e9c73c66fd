//! `strcmp`: the order of two texts.

use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "strcmp",
    family: Family::Text,
    signature: "strcmp(a: string, b: string): long",
    doc: "-1, 0 or 1: whether the first text comes before, is, or comes after the second, by code points.",
    examples: &[("strcmp('a', 'b')", "-1")],
    lower: Lower::Convert(&[Type::String]),
    kernels: &[Kernel::new(
        "kql_strcmp",
        Type::Long,
        |rows| each!(rows, [text a, text b] -> LongOut, Some(a.cmp(b) as i64)),
    )],
};
