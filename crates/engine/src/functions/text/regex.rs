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
    let why = match compiled(pattern) {
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
    compiled(pattern).ok()
}

/// The same, with what is wrong with it.
pub fn compiled(pattern: &str) -> Result<Regex, ::regex::Error> {
    RegexBuilder::new(&as_re2(pattern))
        .size_limit(REGEX_BYTES_MAX)
        .build()
}

/// What RE2 takes for letters and the regex crate for syntax is escaped: a `{` that begins no number of repetitions, and
/// in a class a `[` that begins no named one.
fn as_re2(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len());
    let (mut rest, mut in_class) = (pattern, false);
    while let Some(letter) = rest.chars().next() {
        let mut length = letter.len_utf8();
        match letter {
            '\\' => {
                let escaped = rest[1..].chars().next();
                length += escaped.map_or(0, char::len_utf8);
                // `\p{Greek}`, `\x{1F600}`: the braces are the escape's.
                if let Some('p' | 'P' | 'x' | 'u' | 'U') = escaped
                    && rest[length..].starts_with('{')
                {
                    length += rest[length..].find('}').map_or(0, |at| at + 1);
                }
            }
            '[' if !in_class => {
                in_class = true;
                // The first `]` of a class is a letter.
                for first in ['^', ']'] {
                    length += usize::from(rest[length..].starts_with(first));
                }
            }
            '[' if rest.starts_with("[:") => {
                length = rest.find(":]").map_or(length, |at| at + 2);
            }
            ']' => in_class = false,
            '[' => out.push('\\'),
            '{' if !in_class && !is_repetition(rest) => out.push('\\'),
            _ => {}
        }
        out.push_str(&rest[..length]);
        rest = &rest[length..];
    }
    out
}

/// Whether a text begins with `{2}`, `{2,}` or `{2,3}`.
fn is_repetition(text: &str) -> bool {
    let digits =
        |text: &str| text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let inside = &text[1..];
    let least = digits(inside);
    let behind = &inside[least..];
    let behind = match behind.strip_prefix(',') {
        Some(behind) => &behind[digits(behind)..],
        None => behind,
    };
    least > 0 && behind.starts_with('}')
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
