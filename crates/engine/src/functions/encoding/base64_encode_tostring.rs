//! `base64_encode_tostring`: a text in Base64.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "base64_encode_tostring",
    family: Family::Encoding,
    signature: "base64_encode_tostring(text: string): string",
    doc: "The UTF-8 bytes of a text in Base64.",
    examples: &[("base64_encode_tostring('Kusto')", "S3VzdG8=")],
    lower: Lower::Convert(&[Type::String]),
    kernels: &[Kernel::new(
        "kql_base64_encode_tostring",
        Type::String,
        |rows| each!(rows, [text value] -> TextOut, Some(STANDARD.encode(value))),
    )],
};
