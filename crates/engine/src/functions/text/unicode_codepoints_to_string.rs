//! `unicode_codepoints_to_string`: a text from code points.

use crate::functions::operators::elements;
use crate::functions::prelude::*;
use crate::functions::rows::TextOut;

pub const FUNCTION: Function = Function {
    name: "unicode_codepoints_to_string",
    family: Family::Text,
    signature: "unicode_codepoints_to_string(value, …): string",
    doc: "The text of the given code points: integers and arrays of integers.",
    examples: &[(
        "unicode_codepoints_to_string(75, dynamic([117, 115]))",
        "Kus",
    )],
    lower: Lower::Convert(&[Type::Dynamic]),
    kernels: &[Kernel::new(
        "kql_unicode_codepoints_to_string",
        Type::String,
        |rows| {
            let args = (0..rows.count())
                .map(|index| rows.json(index))
                .collect::<Result<Vec<_>>>()?;
            let mut out = TextOut::new(rows.len);
            for row in 0..rows.len {
                let points = args
                    .iter()
                    .filter_map(|arg| arg.get(row))
                    .flat_map(elements);
                let points = points.filter_map(|point| u32::try_from(point.as_u64()?).ok());
                out.push(Some(points.filter_map(char::from_u32).collect::<String>()));
            }
            Ok(out.finish())
        },
    )],
};
