//! Guids as 16 bytes in the order of .NET: the first three groups little-endian.

use crate::functions::convert::parse_guid;

use super::hex;

/// Which byte of the text each stored byte is.
const ORDER: [usize; 16] = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];

pub fn bytes(guid: &str) -> Option<[u8; 16]> {
    let digits: String = guid.chars().filter(|c| *c != '-').collect();
    let number = u128::from_str_radix(&digits, 16)
        .ok()
        .filter(|_| digits.len() == 32)?;
    let in_text = number.to_be_bytes();
    Some(ORDER.map(|at| in_text[at]))
}

pub fn text(bytes: &[u8]) -> Option<String> {
    if bytes.len() != ORDER.len() {
        return None;
    }
    parse_guid(&hex::lower(&ORDER.map(|at| bytes[at])))
}
