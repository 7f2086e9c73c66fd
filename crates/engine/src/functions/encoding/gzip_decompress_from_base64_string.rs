//! `gzip_decompress_from_base64_string`: a text decompressed by gzip.

use std::io::Read as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::read::GzDecoder;

use crate::functions::limits::DECOMPRESSED_BYTES_MAX;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "gzip_decompress_from_base64_string",
    family: Family::Encoding,
    signature: "gzip_decompress_from_base64_string(text: string): string",
    doc: "The text whose UTF-8 bytes, compressed by gzip, a Base64 text holds; empty if there is none, or it is larger than 16 MiB.",
    examples: &[("gzip_decompress_from_base64_string('x0x0x0')", "")],
    lower: Lower::Convert(&[Type::String]),
    kernels: &[Kernel::new("kql_gzip_decompress", Type::String, |rows| {
        each!(rows, [text value] -> TextOut, {
            let bytes = STANDARD.decode(value).ok()?;
            let mut text = String::new();
            let mut decoder = GzDecoder::new(bytes.as_slice()).take(DECOMPRESSED_BYTES_MAX + 1);
            let length = decoder.read_to_string(&mut text).ok()?;
            (length as u64 <= DECOMPRESSED_BYTES_MAX).then_some(text)
        })
    })],
};
