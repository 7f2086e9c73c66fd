//! `has` and its like: whole terms. Letters and digits make a term, all else separates, the
//! underscore too.

use crate::functions::prelude::*;

use super::needle::Edges;
use super::{Case, Needle, text_operator};

text_operator!(
    HAS,
    NOT_HAS,
    "has",
    "kql_has",
    |rows| has(rows, Case::Folded, Edges::Both),
    "Whether a text contains another as a whole term, whatever the case.",
    &[
        ("'alpha_beta' has 'ALPHA'", "true"),
        ("'alphabeta' has 'alpha'", "false")
    ],
    "Whether a text does not contain another as a whole term, whatever the case.",
    &[("'alphabeta' !has 'alpha'", "true")]
);
text_operator!(
    HAS_CS,
    NOT_HAS_CS,
    "has_cs",
    "kql_has_cs",
    |rows| has(rows, Case::Matters, Edges::Both),
    "Whether a text contains another as a whole term.",
    &[("'The.Quick.Brown' has_cs 'quick'", "false")],
    "Whether a text does not contain another as a whole term.",
    &[("'The.Quick.Brown' !has_cs 'quick'", "true")]
);
text_operator!(
    HASPREFIX,
    NOT_HASPREFIX,
    "hasprefix",
    "kql_hasprefix",
    |rows| has(rows, Case::Folded, Edges::Start),
    "Whether some term of a text starts with another text, whatever the case.",
    &[
        ("'a category' hasprefix 'CAT'", "true"),
        ("'scatter' hasprefix 'cat'", "false")
    ],
    "Whether no term of a text starts with another text, whatever the case.",
    &[("'scatter' !hasprefix 'cat'", "true")]
);
text_operator!(
    HASPREFIX_CS,
    NOT_HASPREFIX_CS,
    "hasprefix_cs",
    "kql_hasprefix_cs",
    |rows| has(rows, Case::Matters, Edges::Start),
    "Whether some term of a text starts with another text.",
    &[("'a category' hasprefix_cs 'cat'", "true")],
    "Whether no term of a text starts with another text.",
    &[("'a category' !hasprefix_cs 'CAT'", "true")]
);
text_operator!(
    HASSUFFIX,
    NOT_HASSUFFIX,
    "hassuffix",
    "kql_hassuffix",
    |rows| has(rows, Case::Folded, Edges::End),
    "Whether some term of a text ends with another text, whatever the case.",
    &[("'the weekend.' hassuffix 'END'", "true")],
    "Whether no term of a text ends with another text, whatever the case.",
    &[("'ending' !hassuffix 'end'", "true")]
);
text_operator!(
    HASSUFFIX_CS,
    NOT_HASSUFFIX_CS,
    "hassuffix_cs",
    "kql_hassuffix_cs",
    |rows| has(rows, Case::Matters, Edges::End),
    "Whether some term of a text ends with another text.",
    &[("'the weekend.' hassuffix_cs 'END'", "false")],
    "Whether no term of a text ends with another text.",
    &[("'the weekend.' !hassuffix_cs 'END'", "true")]
);

fn has(rows: &Rows<'_>, case: Case, edges: Edges) -> Result<ArrayRef> {
    let mut needles = Memo::empty();
    each!(rows, [text value, text part] -> BoolOut, {
        Some(needles.get(part, |part| Needle::new(part, case)).is_term_in(value, edges))
    })
}
