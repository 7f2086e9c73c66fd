//! Regular expressions in RE2's syntax, compiled once a batch.
//!
//! A pattern that does not compile matches nothing; the checker reports constant ones.

use ::regex::{Regex, RegexBuilder};

use crate::functions::limits::REGEX_BYTES_MAX;

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
