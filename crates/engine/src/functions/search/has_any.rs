//! `has_any` and `has_all`: terms of a list.

use crate::functions::json;
use crate::functions::operators::{elements, list_of};
use crate::functions::prelude::*;

use super::needle::Edges;
use super::{Case, Needle};

pub const HAS_ANY: Function = Function {
    name: "has_any",
    family: Family::Search,
    signature: "text has_any (a, b, …)",
    doc: "Whether a text contains at least one of a list as a whole term, whatever the case.",
    examples: &[("'run alpha' has_any ('beta', 'ALPHA')", "true")],
    lower: Lower::By(|call| lower(call, "kql_has_any")),
    kernels: &[Kernel::new("kql_has_any", Type::Bool, |rows| {
        let mut lists = Memo::empty();
        each!(rows, [text value, text list] -> BoolOut, {
            Some(lists.get(list, needles).iter().any(|needle| needle.is_term_in(value, Edges::Both)))
        })
    })],
};

pub const HAS_ALL: Function = Function {
    name: "has_all",
    family: Family::Search,
    signature: "text has_all (a, b, …)",
    doc: "Whether a text contains all of a list as whole terms, whatever the case.",
    examples: &[("'run alpha' has_all ('run', 'ALPHA')", "true")],
    lower: Lower::By(|call| lower(call, "kql_has_all")),
    kernels: &[Kernel::new("kql_has_all", Type::Bool, |rows| {
        let mut lists = Memo::empty();
        each!(rows, [text value, text list] -> BoolOut, {
            Some(lists.get(list, needles).iter().all(|needle| needle.is_term_in(value, Edges::Both)))
        })
    })],
};

fn needles(list: &str) -> Vec<Needle> {
    elements(list)
        .iter()
        .map(|item| Needle::new(&json::text_of_value(item), Case::Folded))
        .collect()
}

fn lower(call_: Call<'_>, kernel: &str) -> Result<Expr, Error> {
    let list = list_of(call_.args[1..].to_vec())?;
    Ok(call(kernel, vec![call_.arg(0, Type::String)?, list]))
}
