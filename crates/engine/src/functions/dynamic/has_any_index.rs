//! `has_any_index`: the first term of a list that a text has.

use crate::functions::json;
use crate::functions::prelude::*;
use crate::functions::search::{Case, Edges, Needle};

pub const FUNCTION: Function = Function {
    name: "has_any_index",
    family: Family::Search,
    signature: "has_any_index(text: string, values: dynamic): long",
    doc: "The place in the array of the first value that the text contains as a whole term, or -1.",
    examples: &[("has_any_index('this is', dynamic(['not', 'is']))", "1")],
    lower: Lower::Convert(&[Type::String, Type::Dynamic]),
    kernels: &[Kernel::new("kql_has_any_index", Type::Long, |rows| {
        let mut lists = Memo::empty();
        each!(rows, [text text, json values] -> LongOut, {
            let needles = lists.get(values, |values| {
                let values = json::parse_array(values).unwrap_or_default();
                let texts = values.iter().map(json::text_of_value);
                texts.map(|text| Needle::new(&text, Case::Folded)).collect::<Vec<_>>()
            });
            match needles.iter().position(|needle| needle.is_term_in(text, Edges::Both)) {
                Some(at) => i64::try_from(at).ok(),
                None => Some(-1),
            }
        })
    })],
};
