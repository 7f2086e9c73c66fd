//! `strlen`: the length of a text in characters.

use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "strlen",
    family: Family::Text,
    signature: "strlen(text: string): long",
    doc: "The number of Unicode code points.",
    examples: &[("strlen('naïve')", "5")],
    lower: Lower::Convert(&[Type::String]),
    kernels: &[Kernel::new(
        "kql_strlen",
        Type::Long,
        |rows| each!(rows, [text value] -> LongOut, i64::try_from(value.chars().count()).ok()),
    )],
};
