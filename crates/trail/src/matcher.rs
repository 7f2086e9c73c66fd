//! One test of a prefilter made ready for many texts.
//!
//! In: a test and the bytes of a column. Out: whether the column's text may fulfil it; `true` wherever the
//! bytes cannot tell. Where case is ignored text that is not ASCII always passes, for other letters fold to
//! ASCII and what is not UTF-8 is replaced later.

use std::collections::HashSet;

use memchr::memchr2_iter;

use crate::prefilter::Test;

/// Values up to this many are compared one by one, which beats hashing the text.
const FEW_VALUES: usize = 8;

/// A test made ready.
#[derive(Debug)]
pub struct Matcher(Kind);

#[derive(Debug)]
enum Kind {
    Few(Vec<Vec<u8>>),
    Many(HashSet<Vec<u8>>),
    FewIgnoreCase(Vec<Vec<u8>>),
    /// In lower case.
    ManyIgnoreCase(HashSet<Vec<u8>>),
    NotEmpty,
    StartsWith(Vec<Vec<u8>>),
    EndsWith(Vec<Vec<u8>>),
    Contains(Vec<Vec<u8>>),
    Anything,
}

impl Matcher {
    pub fn new(test: &Test) -> Matcher {
        let bytes = |values: &[String]| -> Vec<Vec<u8>> {
            let values = values.iter();
            values.map(|value| value.clone().into_bytes()).collect()
        };
        Matcher(match test {
            Test::In(values) if values.len() <= FEW_VALUES => Kind::Few(bytes(values)),
            Test::In(values) => Kind::Many(bytes(values).into_iter().collect()),
            Test::NotEmpty => Kind::NotEmpty,
            Test::InIgnoreCase(values)
            | Test::StartsWith(values)
            | Test::EndsWith(values)
            | Test::Contains(values)
                if values.iter().any(|value| !value.is_ascii()) =>
            {
                Kind::Anything
            }
            Test::InIgnoreCase(values) if values.len() <= FEW_VALUES => {
                Kind::FewIgnoreCase(bytes(values))
            }
            Test::InIgnoreCase(values) => {
                let lower = values.iter().map(|value| value.to_ascii_lowercase());
                Kind::ManyIgnoreCase(lower.map(String::into_bytes).collect())
            }
            Test::StartsWith(values) => Kind::StartsWith(bytes(values)),
            Test::EndsWith(values) => Kind::EndsWith(bytes(values)),
            Test::Contains(values) => Kind::Contains(bytes(values)),
        })
    }

    /// Whether a text may fulfil the test.
    pub fn may_hold(&self, text: &[u8]) -> bool {
        match &self.0 {
            // Text that is not UTF-8 is replaced later and may then be equal after all.
            Kind::Few(values) => {
                values.iter().any(|value| value == text) || std::str::from_utf8(text).is_err()
            }
            Kind::Many(values) => values.contains(text) || std::str::from_utf8(text).is_err(),
            Kind::NotEmpty => !text.is_empty(),
            Kind::Anything => true,
            _ if !text.is_ascii() => true,
            Kind::FewIgnoreCase(values) => {
                values.iter().any(|value| value.eq_ignore_ascii_case(text))
            }
            Kind::ManyIgnoreCase(values) => values.contains(text.to_ascii_lowercase().as_slice()),
            Kind::StartsWith(values) => values.iter().any(|value| {
                let start = text.get(..value.len());
                start.is_some_and(|start| start.eq_ignore_ascii_case(value))
            }),
            Kind::EndsWith(values) => values.iter().any(|value| {
                let from = text.len().checked_sub(value.len());
                from.is_some_and(|from| text[from..].eq_ignore_ascii_case(value))
            }),
            Kind::Contains(values) => values.iter().any(|value| contains(text, value)),
        }
    }
}

/// Whether a text holds another in any case of ASCII.
fn contains(text: &[u8], value: &[u8]) -> bool {
    let Some((first, rest)) = value.split_first() else {
        return true;
    };
    let Some(last) = text.len().checked_sub(value.len()) else {
        return false;
    };
    let (lower, upper) = (first.to_ascii_lowercase(), first.to_ascii_uppercase());
    memchr2_iter(lower, upper, &text[..=last])
        .any(|at| text[at + 1..at + value.len()].eq_ignore_ascii_case(rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(test: Test, kept: &[&str], dropped: &[&str]) {
        let matcher = Matcher::new(&test);
        for (texts, expected) in [(kept, true), (dropped, false)] {
            for text in texts {
                assert_eq!(
                    matcher.may_hold(text.as_bytes()),
                    expected,
                    "{test:?} {text:?}"
                );
            }
        }
    }

    fn values(values: &[&str]) -> Vec<String> {
        values.iter().map(|value| value.to_string()).collect()
    }

    #[test]
    fn texts() {
        check(Test::In(values(&["A", ""])), &["A", ""], &["a", "é"]);
        check(
            Test::InIgnoreCase(values(&["A"])),
            &["A", "a", "é"],
            &["b", ""],
        );
        check(Test::NotEmpty, &["a"], &[""]);
        check(
            Test::StartsWith(values(&["aws-", "x"])),
            &["AWS-cli", "aws-", "X", "naïve"],
            &["aws", " aws-", ""],
        );
        check(
            Test::EndsWith(values(&[".com"])),
            &["a.COM", ".com"],
            &["com", ".com ", ""],
        );
        check(
            Test::Contains(values(&["aws", "q"])),
            &["aws", "an AwS", "aawsx", "Q"],
            &["aw", "a w s", ""],
        );
        check(Test::Contains(values(&[""])), &["", "a"], &[]);
        check(Test::Contains(values(&["é"])), &["", "a"], &[]);
    }

    #[test]
    fn many_values() {
        let many: Vec<String> = (0..100).map(|n| format!("Value{n}")).collect();
        check(Test::In(many.clone()), &["Value7"], &["value7", ""]);
        check(
            Test::InIgnoreCase(many),
            &["Value7", "vALUE7"],
            &["Value", ""],
        );
    }
}
