//! `zlib_compress_to_base64_string`: a text compressed by zlib.

use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::ZlibEncoder;

use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "zlib_compress_to_base64_string",
    family: Family::Encoding,
    signature: "zlib_compress_to_base64_string(text: string): string",
    doc: "The UTF-8 bytes of a text, compressed by zlib, in Base64.",
    examples: &[(
        "zlib_decompress_from_base64_string(zlib_compress_to_base64_string('Kusto'))",
        "Kusto",
    )],
    lower: Lower::Convert(&[Type::String]),
    kernels: &[Kernel::new("kql_zlib_compress", Type::String, |rows| {
        each!(rows, [text value] -> TextOut, {
            let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
            encoder.write_all(value.as_bytes()).ok()?;
            Some(STANDARD.encode(encoder.finish().ok()?))
        })
    })],
};
