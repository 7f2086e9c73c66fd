//! `zlib_compress_to_base64_string`: a text compressed by zlib.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::deflate;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "zlib_compress_to_base64_string",
    family: Family::Encoding,
    signature: "zlib_compress_to_base64_string(text: string): string",
    doc: "The UTF-8 bytes of a text, compressed by zlib, in Base64.",
    examples: &[
        (
            "zlib_compress_to_base64_string('1234567890qwertyuiop')",
            "eAEBFADr/zEyMzQ1Njc4OTBxd2VydHl1aW9wOAkGdw==",
        ),
        (
            "zlib_decompress_from_base64_string(zlib_compress_to_base64_string('Kusto'))",
            "Kusto",
        ),
    ],
    lower: Lower::Convert(&[Type::String]),
    kernels: &[Kernel::new("kql_zlib_compress", Type::String, |rows| {
        each!(rows, [text value] -> TextOut, {
            Some(STANDARD.encode(deflate::zlib(value.as_bytes())?))
        })
    })],
};
