//! `strcat`: texts joined.

use crate::functions::prelude::*;
use crate::functions::rows::TextOut;

pub const FUNCTION: Function = Function {
    name: "strcat",
    family: Family::Text,
    signature: "strcat(a, b, …): string",
    doc: "The texts of all arguments, joined. Null is the empty string.",
    examples: &[("strcat('a', 1, true)", "a1True")],
    lower: Lower::Convert(&[Type::String]),
    kernels: &[Kernel::new("kql_strcat", Type::String, |rows| {
        let parts = (0..rows.count())
            .map(|index| rows.text(index))
            .collect::<Result<Vec<_>>>()?;
        let mut out = TextOut::new(rows.len);
        let mut line = String::new();
        for row in 0..rows.len {
            line.clear();
            for part in &parts {
                line.push_str(part.at(row));
            }
            out.push(Some(&line));
        }
        Ok(out.finish())
    })],
};
