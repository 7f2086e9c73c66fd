//! Identifiers in AWS's shapes, made from numbers: keys, principals, UUIDs, tokens.
//!
//! In: 64-bit numbers. Out: text appended to a buffer, the same for the same number. All are made
//! up; account numbers follow the `aaaabbbbcccc` pattern of documentation. Deliberately not here:
//! which principal has which number (`organisation`).

use crate::random::{derive, mix};

const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const HEX: &[u8; 16] = b"0123456789abcdef";

/// An access key id: four letters of kind, then the account's number and a made-up rest in base32,
/// in the way that lets the account be read from the key.
pub fn access_key(prefix: &str, account: u64, number: u64, out: &mut String) {
    out.push_str(prefix);
    let head = (1 << 47) | ((account & 0xff_ffff_ffff) << 7) | (number & 0x7f);
    let bits = (u128::from(head) << 32) | u128::from((mix(number) & 0xffff_ffff) as u32);
    for position in (0..16).rev() {
        out.push(BASE32[((bits >> (5 * position)) & 31) as usize] as char);
    }
}

/// The unique id of a principal: `AIDA`, `AROA` and the like with 17 letters and digits.
pub fn principal(prefix: &str, number: u64, out: &mut String) {
    out.push_str(prefix);
    let mut state = number;
    for _ in 0..17 {
        state = mix(state);
        out.push(BASE32[(state & 31) as usize] as char);
    }
}

/// A version-4 UUID.
pub fn uuid(number: u64, out: &mut String) {
    let high = (mix(number) & 0xffff_ffff_ffff_0fff) | 0x4000;
    let low = (derive(number, 1) & 0x3fff_ffff_ffff_ffff) | 0x8000_0000_0000_0000;
    let mut text = [b'-'; 36];
    let mut at = 0;
    for half in [high, low] {
        for nibble in (0..16).rev() {
            if matches!(at, 8 | 13 | 18 | 23) {
                at += 1;
            }
            text[at] = HEX[((half >> (4 * nibble)) & 15) as usize];
            at += 1;
        }
    }
    push_ascii(&text, out);
}

/// So many hexadecimal digits.
pub fn hex(number: u64, digits: usize, out: &mut String) {
    let mut state = number;
    for position in 0..digits {
        if position % 16 == 0 {
            state = mix(state);
        }
        out.push(HEX[((state >> (4 * (position % 16))) & 15) as usize] as char);
    }
}

/// So many capital letters and digits, as in S3's request ids and in file names.
pub fn alphanumeric(number: u64, length: usize, out: &mut String) {
    let mut state = number;
    for _ in 0..length {
        state = mix(state);
        let at = (state % 36) as u8;
        out.push(if at < 26 { b'A' + at } else { b'0' + at - 26 } as char);
    }
}

/// So many characters of base64.
pub fn base64(number: u64, length: usize, out: &mut String) {
    let mut state = number;
    for position in 0..length {
        if position % 10 == 0 {
            state = mix(state);
        }
        out.push(BASE64[((state >> (6 * (position % 10))) & 63) as usize] as char);
    }
}

/// A session token as STS hands it out.
pub fn session_token(number: u64, out: &mut String) {
    out.push_str("IQoJb3JpZ2luX2Vj");
    base64(number, 520, out);
    out.push_str("==");
}

/// A twelve-digit account number of the documentation's pattern: three digits, each four times.
pub fn account_number(index: u64, seed: u64) -> u64 {
    // 719 and 1000 have no common factor, so different indices below 1000 give different accounts.
    let three = (seed % 800 + 111 + index * 719) % 1000;
    let [a, b, c] = [three / 100, three / 10 % 10, three % 10];
    a * 1_111 * 100_000_000 + b * 1_111 * 10_000 + c * 1_111
}

fn push_ascii(bytes: &[u8], out: &mut String) {
    out.push_str(std::str::from_utf8(bytes).expect("hexadecimal digits and dashes are ASCII"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(write: impl Fn(&mut String), expected: &str) {
        let mut out = String::new();
        write(&mut out);
        assert_eq!(out, expected);
    }

    #[test]
    fn ids_have_aws_shapes() {
        let mut key = String::new();
        access_key("ASIA", 111_122_223_333, 5, &mut key);
        assert_eq!(key.len(), 20);
        // The account can be read from the key: base32, first six bytes, shifted by seven.
        let bits = key[4..].bytes().fold(0u128, |sum, letter| {
            let digit = BASE32.iter().position(|&b| b == letter).expect("base32");
            (sum << 5) | digit as u128
        });
        assert_eq!((bits >> 32 & 0x7fff_ffff_ff80) >> 7, 111_122_223_333);

        let mut id = String::new();
        uuid(9, &mut id);
        assert_eq!((id.len(), &id[14..15]), (36, "4"));
        check(|out| hex(1, 0, out), "");
        let mut token = String::new();
        session_token(3, &mut token);
        assert_eq!(token.len(), 16 + 520 + 2);
    }

    #[test]
    fn account_numbers_differ_and_look_made_up() {
        let numbers: std::collections::BTreeSet<u64> =
            (0..900).map(|index| account_number(index, 42)).collect();
        assert_eq!(numbers.len(), 900);
        assert!(numbers.iter().all(|&n| n < 1_000_000_000_000));
    }
}
