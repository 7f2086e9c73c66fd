//! `reverse`: a text back to front.

use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "reverse",
    family: Family::Text,
    signature: "reverse(text: string): string",
    doc: "The characters in reverse order.",
    examples: &[("reverse('Straße')", "eßartS")],
    lower: Lower::Convert(&[Type::String]),
    kernels: &[Kernel::new(
        "kql_reverse",
        Type::String,
        |rows| each!(rows, [text value] -> TextOut, Some(value.chars().rev().collect::<String>())),
    )],
};
