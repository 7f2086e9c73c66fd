//! `toupper`: a text in upper case.

use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "toupper",
    family: Family::Text,
    signature: "toupper(text: string): string",
    doc: "The text in upper case, character by character.",
    examples: &[("toupper('àb')", "ÀB")],
    lower: Lower::Convert(&[Type::String]),
    kernels: &[Kernel::new(
        "kql_toupper",
        Type::String,
        |rows| each!(rows, [text value] -> TextOut, Some(value.chars().map(upper).collect::<String>())),
    )],
};

/// `ß` has no upper case of one character, and stays.
fn upper(c: char) -> char {
    let mut upper = c.to_uppercase();
    match (upper.next(), upper.next()) {
        (Some(upper), None) => upper,
        _ => c,
    }
}
