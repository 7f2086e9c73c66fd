//! `countof`: how often a text occurs.

use crate::functions::prelude::*;
use crate::functions::rows::LongOut;
use crate::functions::text::regex;

pub const FUNCTION: Function = Function {
    name: "countof",
    family: Family::Text,
    signature: "countof(text: string, search: string[, kind: string]): long",
    doc: "The number of occurrences of a text, or with kind `regex` of matches of a regular expression. Occurrences of a text may overlap, matches do not.",
    examples: &[
        ("countof('aaa', 'aa')", "2"),
        ("countof('hello world', 'l+', 'regex')", "2"),
    ],
    lower: Lower::Convert(&[Type::String]),
    kernels: &[Kernel::new("kql_countof", Type::Long, |rows| {
        let mut regexes = Memo::empty();
        let kind = if rows.count() > 2 {
            Some(rows.text(2)?)
        } else {
            None
        };
        let (text, search) = (rows.text(0)?, rows.text(1)?);
        let mut out = LongOut::new(rows.len);
        for row in 0..rows.len {
            let (text, search) = (text.at(row), search.at(row));
            let is_regex = kind.as_ref().is_some_and(|kind| kind.at(row) == "regex");
            let count = if is_regex {
                let regex = regexes.get(search, regex::compile);
                regex.as_ref().map(|regex| regex.find_iter(text).count())
            } else {
                Some(overlapping(text, search))
            };
            out.push(count.and_then(|count| i64::try_from(count).ok()));
        }
        Ok(out.finish())
    })],
};

fn overlapping(text: &str, search: &str) -> usize {
    let Some(first) = search.chars().next() else {
        return 0;
    };
    let mut count = 0;
    let mut from = 0;
    while let Some(found) = text[from..].find(search) {
        count += 1;
        from += found + first.len_utf8();
    }
    count
}
