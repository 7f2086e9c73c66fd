//! `gzip_compress_to_base64_string`: a text compressed by gzip.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::deflate;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "gzip_compress_to_base64_string",
    family: Family::Encoding,
    signature: "gzip_compress_to_base64_string(text: string): string",
    doc: "The UTF-8 bytes of a text, compressed by gzip, in Base64.",
    examples: &[
        (
            "gzip_compress_to_base64_string('1234567890qwertyuiop')",
            "H4sIAAAAAAAA/wEUAOv/MTIzNDU2Nzg5MHF3ZXJ0eXVpb3A6m7f2FAAAAA==",
        ),
        (
            "gzip_decompress_from_base64_string(gzip_compress_to_base64_string('Kusto'))",
            "Kusto",
        ),
    ],
    lower: Lower::Convert(&[Type::String]),
    kernels: &[Kernel::new("kql_gzip_compress", Type::String, |rows| {
        each!(rows, [text value] -> TextOut, {
            Some(STANDARD.encode(deflate::gzip(value.as_bytes())?))
        })
    })],
};
