//! `base64_encode_fromarray`: bytes in Base64.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::functions::json;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "base64_encode_fromarray",
    family: Family::Encoding,
    signature: "base64_encode_fromarray(bytes: dynamic): string",
    doc: "The bytes of an array in Base64; empty if it holds anything else.",
    examples: &[("base64_encode_fromarray(dynamic([75, 117]))", "S3U=")],
    lower: Lower::Convert(&[Type::Dynamic]),
    kernels: &[Kernel::new(
        "kql_base64_encode_fromarray",
        Type::String,
        |rows| {
            each!(rows, [json value] -> TextOut, {
                let items = json::parse_array(value)?;
                let bytes: Option<Vec<u8>> =
                    items.iter().map(|item| u8::try_from(item.as_u64()?).ok()).collect();
                Some(STANDARD.encode(bytes?))
            })
        },
    )],
};
