//! `indexof_regex`: where a regular expression matches.

use crate::functions::prelude::*;
use crate::functions::text::{place, regex};

pub const FUNCTION: Function = Function {
    name: "indexof_regex",
    family: Family::Text,
    signature: "indexof_regex(text: string, pattern: string[, start: long[, length: long[, occurrence: long]]]): long",
    doc: "The place of the first (or given) match in characters from 0, or -1. Null for a negative start or an occurrence below 1.",
    examples: &[("indexof_regex('abcabc', 'a.c')", "0")],
    lower: Lower::Convert(&[
        Type::String,
        Type::String,
        Type::Long,
        Type::Long,
        Type::Long,
    ]),
    kernels: &[Kernel::new("kql_indexof_regex", Type::Long, |rows| {
        let mut regexes = Memo::empty();
        place::run(rows, |place| {
            if place.start < 0 {
                return None;
            }
            let regex = regexes.get(place.lookup, regex::compile).as_ref()?;
            let nth = usize::try_from(place.occurrence - 1).ok()?;
            match regex.find_iter(place.window).nth(nth) {
                Some(found) => Some(place.at(found.start())),
                None => Some(-1),
            }
        })
    })],
};
