//! `gzip_compress_to_base64_string`: a text compressed by gzip.

use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "gzip_compress_to_base64_string",
    family: Family::Encoding,
    signature: "gzip_compress_to_base64_string(text: string): string",
    doc: "The UTF-8 bytes of a text, compressed by gzip, in Base64.",
    examples: &[(
        "gzip_decompress_from_base64_string(gzip_compress_to_base64_string('Kusto'))",
        "Kusto",
    )],
    lower: Lower::Convert(&[Type::String]),
    kernels: &[Kernel::new("kql_gzip_compress", Type::String, |rows| {
        each!(rows, [text value] -> TextOut, {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
            encoder.write_all(value.as_bytes()).ok()?;
            Some(STANDARD.encode(encoder.finish().ok()?))
        })
    })],
};
