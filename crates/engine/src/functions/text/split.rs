//! `split`: a text cut at a delimiter.

use crate::functions::json;
use crate::functions::prelude::*;
use crate::functions::rows::JsonOut;

pub const FUNCTION: Function = Function {
    name: "split",
    family: Family::Text,
    signature: "split(text: string, delimiter: string[, index: long]): dynamic",
    doc: "An array of the parts between the delimiters; with an index, an array of that part alone, or null where there is none.",
    examples: &[
        ("split('a,b,c', ',')[-1]", "c"),
        ("split('a=b', '=', 0)", "[\"a\"]"),
    ],
    lower: Lower::Convert(&[Type::String, Type::String, Type::Long]),
    kernels: &[Kernel::new("kql_split", Type::Dynamic, |rows| {
        let (text, delimiter) = (rows.text(0)?, rows.text(1)?);
        let index = if rows.count() > 2 {
            Some(rows.long(2)?)
        } else {
            None
        };
        let mut out = JsonOut::new(rows.len);
        for row in 0..rows.len {
            let (text, delimiter) = (text.at(row), delimiter.at(row));
            out.push(match &index {
                Some(index) => index
                    .get(row)
                    .and_then(|index| part(text, delimiter, index)),
                None => Some(all(text, delimiter)),
            });
        }
        Ok(out.finish())
    })],
};

fn parts<'a>(text: &'a str, delimiter: &'a str) -> Box<dyn Iterator<Item = &'a str> + 'a> {
    if delimiter.is_empty() {
        return Box::new(std::iter::once(text));
    }
    Box::new(text.split(delimiter))
}

fn all(text: &str, delimiter: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    out.push('[');
    for (index, part) in parts(text, delimiter).enumerate() {
        if index > 0 {
            out.push(',');
        }
        json::write_text(part, &mut out);
    }
    out.push(']');
    out
}

fn part(text: &str, delimiter: &str, index: i64) -> Option<String> {
    let index = usize::try_from(index).ok()?;
    let part = parts(text, delimiter).nth(index)?;
    Some(format!("[{}]", json::quoted(part)))
}
