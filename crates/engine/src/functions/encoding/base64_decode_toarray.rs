//! `base64_decode_toarray`: bytes from Base64.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "base64_decode_toarray",
    family: Family::Encoding,
    signature: "base64_decode_toarray(text: string): dynamic",
    doc: "An array of the bytes that a Base64 text holds; null if it is none.",
    examples: &[("base64_decode_toarray('S3U=')", "[75,117]")],
    lower: Lower::Convert(&[Type::String]),
    kernels: &[Kernel::new(
        "kql_base64_decode_toarray",
        Type::Dynamic,
        |rows| {
            each!(rows, [text value] -> JsonOut, {
                let bytes = STANDARD.decode(value).ok()?;
                let bytes: Vec<String> = bytes.iter().map(u8::to_string).collect();
                Some(format!("[{}]", bytes.join(",")))
            })
        },
    )],
};
