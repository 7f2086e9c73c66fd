//! Dictionary keys as Parquet stores them: runs of one key, and groups of eight packed bit by bit.
//!
//! In: the keys of one page and how many bits each takes. Out: the bytes of the format's hybrid
//! encoding, without the byte for the width that stands before them.

/// Keys that are packed together.
const GROUP: usize = 8;

/// How many bits the keys of a dictionary with so many values take.
pub(crate) fn bit_width(values: usize) -> u8 {
    match values {
        0 | 1 => 0,
        _ => (usize::BITS - (values - 1).leading_zeros()) as u8,
    }
}

/// Appends the keys, each under `1 << width`.
pub(crate) fn encode(keys: &[u32], width: u8, out: &mut Vec<u8>) {
    let mut at = 0;
    // From here on the keys wait to be packed.
    let mut waiting = 0;
    while at < keys.len() {
        let key = keys[at];
        let group = &keys[at..keys.len().min(at + GROUP)];
        if group.len() == GROUP && group.iter().all(|other| *other == key) {
            let run = keys[at..].iter().take_while(|other| **other == key).count();
            pack(&keys[waiting..at], width, out);
            varint((run as u64) << 1, out);
            out.extend_from_slice(&key.to_le_bytes()[..usize::from(width).div_ceil(8)]);
            at += run;
            waiting = at;
        } else {
            at += group.len();
        }
    }
    pack(&keys[waiting..], width, out);
}

/// Packs keys bit by bit; the last group is filled up with zeros.
fn pack(keys: &[u32], width: u8, out: &mut Vec<u8>) {
    if keys.is_empty() {
        return;
    }
    let groups = keys.len().div_ceil(GROUP);
    varint((groups as u64) << 1 | 1, out);
    let end = out.len() + groups * usize::from(width);
    let (mut bits, mut count) = (0u64, 0);
    for key in keys {
        bits |= u64::from(*key) << count;
        count += u32::from(width);
        if count >= 32 {
            out.extend_from_slice(&(bits as u32).to_le_bytes());
            bits >>= 32;
            count -= 32;
        }
    }
    out.extend_from_slice(&bits.to_le_bytes());
    out.resize(end, 0);
}

fn varint(mut number: u64, out: &mut Vec<u8>) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads back as the format describes it.
    fn decode(mut bytes: &[u8], width: u8, count: usize) -> Vec<u32> {
        let mut keys = Vec::new();
        while keys.len() < count {
            let (mut header, mut shift) = (0u64, 0);
            loop {
                let byte = bytes[0];
                bytes = &bytes[1..];
                header |= u64::from(byte & 0x7f) << shift;
                shift += 7;
                if byte < 0x80 {
                    break;
                }
            }
            let number = (header >> 1) as usize;
            if header & 1 == 0 {
                let mut key = [0; 4];
                let length = usize::from(width).div_ceil(8);
                key[..length].copy_from_slice(&bytes[..length]);
                bytes = &bytes[length..];
                keys.extend(std::iter::repeat_n(u32::from_le_bytes(key), number));
            } else {
                let width = usize::from(width);
                let (packed, rest) = bytes.split_at(number * width);
                bytes = rest;
                let bit = |at: usize| u32::from(packed[at / 8] >> (at % 8) & 1);
                let key = |at: usize| (0..width).fold(0, |sum, n| sum | bit(at * width + n) << n);
                keys.extend((0..number * GROUP).map(key));
            }
        }
        assert!(bytes.is_empty());
        // Only the last group is longer than what was asked for, and then by zeros.
        assert!(keys[count..].iter().all(|key| *key == 0));
        keys.truncate(count);
        keys
    }

    #[track_caller]
    fn check(keys: &[u32]) {
        let values = keys.iter().max().map_or(0, |key| *key as usize + 1);
        let mut out = Vec::new();
        encode(keys, bit_width(values), &mut out);
        assert_eq!(decode(&out, bit_width(values), keys.len()), keys);
    }

    #[test]
    fn keys_come_back() {
        check(&[]);
        check(&[0; 1]);
        check(&[0; 7]);
        check(&[0; 1000]);
        check(&[5; 9]);
        let counted: Vec<u32> = (0..1000).collect();
        check(&counted);
        check(&[&counted[..13], &[7; 300], &counted[..20], &[1; 8], &[2; 7]].concat());
        for width in 1..=31 {
            let mixed: Vec<u32> = (0..77)
                .map(|n: u32| n.wrapping_mul(0x9e37_79b9) >> (32 - width))
                .collect();
            check(&mixed);
        }
    }

    #[test]
    fn widths() {
        for (values, width) in [(0, 0), (1, 0), (2, 1), (3, 2), (4, 2), (5, 3), (257, 9)] {
            assert_eq!(bit_width(values), width, "{values}");
        }
    }
}
