//! `contains` and its like: one text somewhere in another.

use crate::functions::prelude::*;

use super::{Case, Needle, text_operator};

text_operator!(
    CONTAINS,
    NOT_CONTAINS,
    "contains",
    "kql_contains",
    |rows| contains(rows, Case::Folded),
    "Whether a text contains another, whatever the case.",
    &[("\"O'Brien\" contains 'BRI'", "true")],
    "Whether a text does not contain another, whatever the case.",
    &[("'alpha' !contains 'BET'", "true")]
);
text_operator!(
    CONTAINS_CS,
    NOT_CONTAINS_CS,
    "contains_cs",
    "kql_contains_cs",
    |rows| contains(rows, Case::Matters),
    "Whether a text contains another.",
    &[("'alpha' contains_cs 'LPH'", "false")],
    "Whether a text does not contain another.",
    &[("'alpha' !contains_cs 'LPH'", "true")]
);

fn contains(rows: &Rows<'_>, case: Case) -> Result<ArrayRef> {
    let mut needles = Memo::empty();
    each!(rows, [text value, text part] -> BoolOut, {
        Some(needles.get(part, |part| Needle::new(part, case)).is_in(value))
    })
}
