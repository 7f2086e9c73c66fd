//! AWS's wildcards in ARNs, actions and values: `*` is any text, `?` any one character.

/// Whether text matches a pattern, in time linear in both for all patterns that end in their only star, and
/// quadratic at worst.
pub fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut at, mut of) = (0, 0);
    // Where the last star stands in the pattern, and where what it takes ends in the text.
    let mut star: Option<(usize, usize)> = None;
    while at < text.len() {
        match pattern.get(of) {
            Some(b'*') => {
                star = Some((of, at));
                of += 1;
            }
            Some(b'?') => {
                of += 1;
                at += width(text[at]);
            }
            Some(byte) if *byte == text[at] => {
                of += 1;
                at += 1;
            }
            _ => match star {
                Some((place, from)) => {
                    let from = from + width(text[from]);
                    star = Some((place, from));
                    of = place + 1;
                    at = from;
                }
                None => return false,
            },
        }
    }
    pattern[of..].iter().all(|byte| *byte == b'*')
}

/// Bytes of a character, by its first.
fn width(first: u8) -> usize {
    match first {
        0..0xc0 => 1,
        0xc0..0xe0 => 2,
        0xe0..0xf0 => 3,
        _ => 4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        for (pattern, text, expected) in [
            ("AROA*:i-1", "AROAX:i-1", true),
            ("AROA*", "AROA", true),
            ("*", "", true),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("", "a", false),
            ("*a*b", "xxaxxb", true),
            ("*a*b", "xxaxx", false),
            (
                "arn:aws:iam::*:user/m?ra",
                "arn:aws:iam::111122223333:user/mara",
                true,
            ),
            (
                "arn:aws:iam::*:user/mar",
                "arn:aws:iam::111122223333:user/mara",
                false,
            ),
            (
                "arn:aws:iam::*:user/MARA",
                "arn:aws:iam::111122223333:user/mara",
                false,
            ),
            ("m?ra*", "mära", true),
            ("m??ra", "mära", false),
            ("*ä", "ääää", true),
            ("*?a", "ä", false),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
    }
}
