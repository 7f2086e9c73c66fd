//! `strcat_delim`: texts joined by a delimiter.

use crate::functions::prelude::*;
use crate::functions::rows::TextOut;

pub const FUNCTION: Function = Function {
    name: "strcat_delim",
    family: Family::Text,
    signature: "strcat_delim(delimiter: string, a, b, …): string",
    doc: "The texts of all arguments after the first, the first between each two.",
    examples: &[("strcat_delim('-', 1, 'A', 1s)", "1-A-00:00:01")],
    lower: Lower::Convert(&[Type::String]),
    kernels: &[Kernel::new("kql_strcat_delim", Type::String, |rows| {
        let delimiter = rows.text(0)?;
        let parts = (1..rows.count())
            .map(|index| rows.text(index))
            .collect::<Result<Vec<_>>>()?;
        let mut out = TextOut::new(rows.len);
        for row in 0..rows.len {
            let parts: Vec<&str> = parts.iter().map(|part| part.at(row)).collect();
            out.push(Some(parts.join(delimiter.at(row))));
        }
        Ok(out.finish())
    })],
};
