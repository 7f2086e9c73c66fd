//! `base64_decode_tostring`: a text from Base64.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "base64_decode_tostring",
    family: Family::Encoding,
    signature: "base64_decode_tostring(text: string): string",
    doc: "The text whose UTF-8 bytes a Base64 text holds; empty if there is none.",
    examples: &[("base64_decode_tostring('S3VzdG8=')", "Kusto")],
    lower: Lower::Convert(&[Type::String]),
    kernels: &[Kernel::new(
        "kql_base64_decode_tostring",
        Type::String,
        |rows| each!(rows, [text value] -> TextOut, String::from_utf8(STANDARD.decode(value).ok()?).ok()),
    )],
};
