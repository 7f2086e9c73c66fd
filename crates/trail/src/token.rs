//! Session tokens are secrets: their hash stands in their place.
//!
//! JSON text of `responseElements` goes in; the same text with every `sessionToken` replaced by `sha256:` and
//! the SHA-256 of the token in hex comes out. An empty token and one already replaced stay as they are.

use std::sync::LazyLock;

use data_encoding::HEXLOWER;
use memchr::memmem;
use sha2::{Digest, Sha256};

use crate::json::{string_length, unescape};

/// The part of the member's name that both spellings share.
const NAME: &[u8] = b"essionToken\"";
pub(crate) const PREFIX: &str = "sha256:";

/// Whether a text may hold a token.
pub(crate) fn may_hold_token(text: &[u8]) -> bool {
    // Without the quote, which is escaped where JSON stands as text.
    static FINDER: LazyLock<memmem::Finder<'static>> =
        LazyLock::new(|| memmem::Finder::new(&NAME[..NAME.len() - 1]));
    FINDER.find(text).is_some()
}

/// Appends the text with its tokens replaced.
pub(crate) fn hash_tokens(text: &[u8], out: &mut Vec<u8>) {
    let mut rest = text;
    while let Some(name) = memmem::find(rest, NAME) {
        let behind = name + NAME.len();
        out.extend_from_slice(&rest[..behind]);
        let is_name = matches!(&rest[..name], [.., b'"', b's' | b'S']);
        rest = &rest[behind..];
        let Some(value) = rest.iter().position(|byte| *byte > b' ' && *byte != b':') else {
            break;
        };
        if !is_name || !rest[..value].contains(&b':') || rest[value] != b'"' {
            continue;
        }
        let length = string_length(&rest[value..]);
        let token = &rest[value + 1..(value + length - 1).max(value + 1)];
        out.extend_from_slice(&rest[..value]);
        out.push(b'"');
        replace(token, out);
        out.push(b'"');
        rest = &rest[value + length..];
    }
    out.extend_from_slice(rest);
}

fn replace(token: &[u8], out: &mut Vec<u8>) {
    if token.is_empty() || is_replaced(token) {
        out.extend_from_slice(token);
        return;
    }
    let mut plain = Vec::with_capacity(token.len());
    unescape(token, &mut plain);
    out.extend_from_slice(PREFIX.as_bytes());
    out.extend_from_slice(HEXLOWER.encode(&Sha256::digest(&plain)).as_bytes());
}

fn is_replaced(token: &[u8]) -> bool {
    token
        .strip_prefix(PREFIX.as_bytes())
        .is_some_and(|hash| hash.len() == 64 && hash.iter().all(u8::is_ascii_hexdigit))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        let mut out = Vec::new();
        hash_tokens(text.as_bytes(), &mut out);
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }

    const ABC: &str = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    #[test]
    fn tokens_are_replaced_and_nothing_else() {
        check(
            r#"{"credentials":{"sessionToken":"abc","x":1}}"#,
            &format!(r#"{{"credentials":{{"sessionToken":"{ABC}","x":1}}}}"#),
        );
        check(
            r#"[{"SessionToken" : "a\u0062c"}]"#,
            &format!(r#"[{{"SessionToken" : "{ABC}"}}]"#),
        );
        let unchanged = format!(
            r#"{{"sessionToken":"","a":"sessionToken","b":{{"sessionToken":null}},"sessionToken":"{ABC}"}}"#
        );
        check(&unchanged, &unchanged);
        check(r#"{"sessionToken":"#, r#"{"sessionToken":"#);
        check(r#"{"sessionToken":""#, r#"{"sessionToken":"""#);
    }
}
