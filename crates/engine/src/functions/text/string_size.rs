//! `string_size`: the length of a text in bytes.

use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "string_size",
    family: Family::Text,
    signature: "string_size(text: string): long",
    doc: "The number of bytes of the text in UTF-8.",
    examples: &[("string_size('naïve')", "6")],
    lower: Lower::Convert(&[Type::String]),
    kernels: &[Kernel::new(
        "kql_string_size",
        Type::Long,
        |rows| each!(rows, [text value] -> LongOut, i64::try_from(value.len()).ok()),
    )],
};
