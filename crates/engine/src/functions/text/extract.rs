//! `extract`: a group of a match.

use crate::functions::TypedExpr;
use crate::functions::convert::convert;
use crate::functions::prelude::*;
use crate::functions::text::regex;

pub const FUNCTION: Function = Function {
    name: "extract",
    family: Family::Text,
    signature: "extract(pattern: string, group: long, text: string[, type]): string",
    doc: "The text that a group of a regular expression matched; group 0 is the whole match. Empty where there is no match. With a type, converted to it.",
    examples: &[
        (
            "extract('User: ([^,]+)', 1, 'User: James, Age: 29')",
            "James",
        ),
        ("extract(@'\\d+', 0, 'Age: 29', typeof(long))", "29"),
    ],
    lower: Lower::By(lower),
    kernels: &[Kernel::new("kql_extract", Type::String, |rows| {
        let mut regexes = Memo::empty();
        each!(rows, [text pattern, long group, text text] -> TextOut, {
            let regex = regexes.get(pattern, regex::compile).as_ref()?;
            let groups = regex.captures(text)?;
            Some(groups.get(usize::try_from(group).ok()?)?.as_str().to_owned())
        })
    })],
};

fn lower(call_: Call<'_>) -> Result<Expr, Error> {
    let args = vec![
        call_.arg(0, Type::String)?,
        call_.arg(1, Type::Long)?,
        call_.arg(2, Type::String)?,
    ];
    convert(
        TypedExpr {
            expr: call("kql_extract", args),
            ty: Type::String,
        },
        call_.ty,
    )
}
