//! `unicode_codepoints_from_string`: a text as code points.

use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "unicode_codepoints_from_string",
    family: Family::Text,
    signature: "unicode_codepoints_from_string(text: string): dynamic",
    doc: "An array of the code points of a text.",
    examples: &[("unicode_codepoints_from_string('Aé')", "[65,233]")],
    lower: Lower::Convert(&[Type::String]),
    kernels: &[Kernel::new(
        "kql_unicode_codepoints_from_string",
        Type::Dynamic,
        |rows| {
            each!(rows, [text value] -> JsonOut, {
                let points: Vec<String> = value.chars().map(|c| u32::from(c).to_string()).collect();
                Some(format!("[{}]", points.join(",")))
            })
        },
    )],
};
