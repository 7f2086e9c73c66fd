//! `startswith`, `endswith` and their like.

use crate::functions::prelude::*;

use super::{fold, text_operator};

text_operator!(
    STARTSWITH,
    NOT_STARTSWITH,
    "startswith",
    "kql_startswith",
    |rows| each!(rows, [text value, text part] -> BoolOut, {
        Some(fold::prefix_len(value, part).is_some())
    }),
    "Whether a text starts with another, whatever the case.",
    &[("'GetObject' startswith 'get'", "true")],
    "Whether a text does not start with another, whatever the case.",
    &[("'GetObject' !startswith 'get'", "false")]
);
text_operator!(
    STARTSWITH_CS,
    NOT_STARTSWITH_CS,
    "startswith_cs",
    "kql_startswith_cs",
    |rows| each!(rows, [text value, text part] -> BoolOut, Some(value.starts_with(part))),
    "Whether a text starts with another.",
    &[("'GetObject' startswith_cs 'get'", "false")],
    "Whether a text does not start with another.",
    &[("'GetObject' !startswith_cs 'get'", "true")]
);
text_operator!(
    ENDSWITH,
    NOT_ENDSWITH,
    "endswith",
    "kql_endswith",
    |rows| each!(rows, [text value, text part] -> BoolOut, Some(fold::has_suffix(value, part))),
    "Whether a text ends with another, whatever the case.",
    &[("'GetObject' endswith 'OBJECT'", "true")],
    "Whether a text does not end with another, whatever the case.",
    &[("'GetObject' !endswith 'OBJECT'", "false")]
);
text_operator!(
    ENDSWITH_CS,
    NOT_ENDSWITH_CS,
    "endswith_cs",
    "kql_endswith_cs",
    |rows| each!(rows, [text value, text part] -> BoolOut, Some(value.ends_with(part))),
    "Whether a text ends with another.",
    &[("'GetObject' endswith_cs 'OBJECT'", "false")],
    "Whether a text does not end with another.",
    &[("'GetObject' !endswith_cs 'OBJECT'", "true")]
);
