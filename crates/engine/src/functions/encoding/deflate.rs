//! Texts compressed for `gzip_compress_to_base64_string` and `zlib_compress_to_base64_string`.
//!
//! The engine's library begins with a table of codes that takes some room, and stores a text as it is
//! where that is not longer: so are short texts stored here.

use std::io::Write as _;

use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};

/// Bytes of the table of codes.
const TABLE_BYTES: usize = 109;

/// No time, no flags, written by nobody knows what.
const GZIP_HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];

/// A window of 32 KiB, the fastest way.
const ZLIB_HEADER: [u8; 2] = [0x78, 0x01];

pub fn gzip(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut out = GZIP_HEADER.to_vec();
    out.extend(deflated(bytes)?);
    let mut sum = Crc::new();
    sum.update(bytes);
    out.extend(sum.sum().to_le_bytes());
    out.extend((bytes.len() as u32).to_le_bytes());
    Some(out)
}

pub fn zlib(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut out = ZLIB_HEADER.to_vec();
    out.extend(deflated(bytes)?);
    out.extend(adler32(bytes).to_be_bytes());
    Some(out)
}

fn deflated(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).ok()?;
    let packed = encoder.finish().ok()?;
    let Ok(length) = u16::try_from(bytes.len()) else {
        return Some(packed);
    };
    let mut stored = vec![1];
    stored.extend(length.to_le_bytes());
    stored.extend((!length).to_le_bytes());
    stored.extend(bytes);
    Some(match stored.len() <= packed.len() + TABLE_BYTES {
        true => stored,
        false => packed,
    })
}

/// RFC 1950.
fn adler32(bytes: &[u8]) -> u32 {
    const PRIME: u32 = 65_521;
    let (mut a, mut b) = (1u32, 0u32);
    for byte in bytes {
        a = (a + u32::from(*byte)) % PRIME;
        b = (b + a) % PRIME;
    }
    (b << 16) | a
}
