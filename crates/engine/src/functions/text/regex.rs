//! Regular expressions in RE2's syntax, compiled once a batch.
//!
//! A pattern that does not compile matches nothing where rows bring it along; a constant one is refused before anything
//! runs.

use ::regex::{Regex, RegexBuilder};
use datafusion::common::ScalarValue;
use datafusion::logical_expr::Expr;

use crate::functions::limits::REGEX_BYTES_MAX;
use crate::functions::{Error, TypedExpr};

/// Refuses a call whose pattern is a constant and no regular expression.
pub fn check(function: &str, args: &[TypedExpr]) -> Result<(), Error> {
    let text = |place: usize| match &args.get(place)?.expr {
        Expr::Literal(ScalarValue::Utf8View(Some(text)), _) => Some(text.as_str()),
        _ => None,
    };
    let pattern = match function {
        "extract" | "extract_all" | "trim" | "trim_start" | "trim_end" => text(0),
        "matches regex" | "replace_regex" | "indexof_regex" => text(1),
        "countof" if text(2) == Some("regex") => text(1),
        _ => None,
    };
    let Some(pattern) = pattern.filter(|pattern| compile(pattern).is_none()) else {
        return Ok(());
    };
    let shown: String = pattern.chars().take(SHOWN).collect();
    let why = match RegexBuilder::new(pattern)
        .size_limit(REGEX_BYTES_MAX)
        .build()
    {
        Err(::regex::Error::CompiledTooBig(bytes)) => {
            format!("is too large: compiled it has more than {bytes} bytes")
        }
        // The last line says what is wrong, those before it show where.
        Err(error) => {
            let text = error.to_string();
            let last = text.lines().last().unwrap_or_default();
            format!("is ill-formed: {}", last.trim_start_matches("error: "))
        }
        Ok(_) => return Ok(()),
    };
    Err(Error::invalid(format!(
        "the regular expression `{}` {why}",
        shown.escape_debug()
    )))
}

/// Characters of a pattern that a message shows.
const SHOWN: usize = 100;

pub fn compile(pattern: &str) -> Option<Regex> {
    RegexBuilder::new(pattern)
        .size_limit(REGEX_BYTES_MAX)
        .build()
        .ok()
}

pub fn at_start(pattern: &str) -> Option<Regex> {
    compile(&format!(r"\A(?:{pattern})"))
}

pub fn at_end(pattern: &str) -> Option<Regex> {
    compile(&format!(r"(?:{pattern})\z"))
}

pub fn cut_start<'a>(regex: &Regex, text: &'a str) -> &'a str {
    match regex.find(text) {
        Some(found) => &text[found.end()..],
        None => text,
    }
}

pub fn cut_end<'a>(regex: &Regex, text: &'a str) -> &'a str {
    match regex.find(text) {
        Some(found) => &text[..found.start()],
        None => text,
    }
}

/// A rewrite in RE2's syntax (`\1`) as the regex crate's (`${1}`).
pub fn rewrite(rewrite: &str) -> String {
    let mut out = String::with_capacity(rewrite.len());
    let mut chars = rewrite.chars();
    while let Some(c) = chars.next() {
        match c {
            '$' => out.push_str("$$"),
            '\\' => match chars.next() {
                Some(digit) if digit.is_ascii_digit() => {
                    out.push_str("${");
                    out.push(digit);
                    out.push('}');
                }
                Some(other) => out.push(other),
                None => out.push('\\'),
            },
            other => out.push(other),
        }
    }
    out
}
