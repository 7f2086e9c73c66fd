//! A text that is looked for, prepared once and used for many rows.

use memchr::{memchr2_iter, memmem};

use super::fold;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Case {
    Matters,
    Folded,
}

pub struct Needle {
    text: String,
    kind: Kind,
}

enum Kind {
    Exact(Box<memmem::Finder<'static>>),
    /// ASCII, case folded: the place of its rarest byte and that byte in both cases.
    Ascii {
        at: usize,
        lower: u8,
        upper: u8,
    },
    Folded,
}

impl Needle {
    pub fn new(text: &str, case: Case) -> Needle {
        let kind = match case {
            Case::Matters => Kind::Exact(Box::new(memmem::Finder::new(text).into_owned())),
            Case::Folded if text.is_ascii() && !text.is_empty() => {
                let at = rarest(text.as_bytes());
                let byte = text.as_bytes()[at];
                Kind::Ascii {
                    at,
                    lower: byte.to_ascii_lowercase(),
                    upper: byte.to_ascii_uppercase(),
                }
            }
            Case::Folded => Kind::Folded,
        };
        Needle {
            text: text.to_owned(),
            kind,
        }
    }

    pub fn is_in(&self, text: &str) -> bool {
        self.any(text, |_, _| true)
    }

    /// Whether some occurrence, given by where it starts and ends, satisfies `accept`.
    pub fn any(&self, text: &str, accept: impl Fn(usize, usize) -> bool) -> bool {
        let length = self.text.len();
        if length == 0 {
            return true;
        }
        match &self.kind {
            Kind::Exact(finder) => {
                let mut from = 0;
                while let Some(found) = finder.find(&text.as_bytes()[from..]) {
                    let start = from + found;
                    if accept(start, start + length) {
                        return true;
                    }
                    from = start + 1;
                }
                false
            }
            Kind::Ascii { at, lower, upper } => {
                let bytes = text.as_bytes();
                if bytes.len() < length {
                    return false;
                }
                let window = &bytes[*at..=bytes.len() - length + at];
                memchr2_iter(*lower, *upper, window).any(|start| {
                    bytes[start..start + length].eq_ignore_ascii_case(self.text.as_bytes())
                        && accept(start, start + length)
                })
            }
            Kind::Folded => text.char_indices().any(|(start, _)| {
                fold::prefix_len(&text[start..], &self.text)
                    .is_some_and(|length| accept(start, start + length))
            }),
        }
    }

    /// Whether the needle stands in the text as a whole term: what surrounds it is neither letter
    /// nor digit. A needle that itself begins or ends with something else is not tested there.
    pub fn is_term_in(&self, text: &str, edges: Edges) -> bool {
        let starts_word = self.text.chars().next().is_some_and(char::is_alphanumeric);
        let ends_word = self
            .text
            .chars()
            .next_back()
            .is_some_and(char::is_alphanumeric);
        self.any(text, |start, end| {
            let free_before = edges == Edges::End || !starts_word || !is_word_before(text, start);
            let free_after = edges == Edges::Start || !ends_word || !is_word_at(text, end);
            free_before && free_after
        })
    }
}

/// Which ends of a term must be free.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edges {
    Both,
    Start,
    End,
}

/// Whether the character at `at` is a letter or digit.
pub fn is_word_at(text: &str, at: usize) -> bool {
    match text.as_bytes().get(at) {
        None => false,
        Some(byte) if byte.is_ascii() => byte.is_ascii_alphanumeric(),
        Some(_) => text[at..].chars().next().is_some_and(char::is_alphanumeric),
    }
}

pub fn is_word_before(text: &str, at: usize) -> bool {
    match at.checked_sub(1).map(|before| text.as_bytes()[before]) {
        None => false,
        Some(byte) if byte.is_ascii() => byte.is_ascii_alphanumeric(),
        Some(_) => text[..at]
            .chars()
            .next_back()
            .is_some_and(char::is_alphanumeric),
    }
}

/// The place of the byte that is least common in logs.
fn rarest(text: &[u8]) -> usize {
    const COMMON: &[u8] = b"eaitnosrlcdmpuhgfbwyv0123-:/._kjxzq";
    let rarity = |byte: &u8| {
        let lower = byte.to_ascii_lowercase();
        COMMON
            .iter()
            .position(|common| *common == lower)
            .unwrap_or(COMMON.len())
    };
    (0..text.len())
        .max_by_key(|at| rarity(&text[*at]))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms() {
        let check = |text: &str, needle: &str, expected: bool| {
            let found = Needle::new(needle, Case::Folded).is_term_in(text, Edges::Both);
            assert_eq!(found, expected, "{text:?} has {needle:?}");
        };
        check("alpha_beta", "alpha", true);
        check("alphabeta", "alpha", false);
        check("alphabeta ALPHA", "alpha", true);
        check("МИР привет", "ПРИВЕТ", true);
        check("ПриветМир", "привет", false);
        check("v1.2.3", "2.3", true);
        check("1_2_3", "2.3", false);
        check("Straße", "strasse", false);
        check("", "a", false);
        check("", "", true);
        check("éa", "a", false);
    }
}
