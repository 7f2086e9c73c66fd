//! `tolower`: a text in lower case.

use crate::functions::prelude::*;
use crate::functions::search::fold;

pub const FUNCTION: Function = Function {
    name: "tolower",
    family: Family::Text,
    signature: "tolower(text: string): string",
    doc: "The text in lower case, character by character.",
    examples: &[("tolower('ÀB')", "àb")],
    lower: Lower::Convert(&[Type::String]),
    kernels: &[Kernel::new("kql_tolower", Type::String, |rows| {
        each!(rows, [text value] -> TextOut, {
            if value.is_ascii() {
                return Some(value.to_ascii_lowercase());
            }
            Some(fold::folded(value))
        })
    })],
};
