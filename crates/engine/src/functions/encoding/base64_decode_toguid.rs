//! `base64_decode_toguid`: a guid from Base64.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::guid;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "base64_decode_toguid",
    family: Family::Encoding,
    signature: "base64_decode_toguid(text: string): guid",
    doc: "The guid whose 16 bytes, in the order of .NET, a Base64 text holds; null if it is none.",
    examples: &[(
        "base64_decode_toguid('8jMxriJurkmwahbmqbIS6w==')",
        "ae3133f2-6e22-49ae-b06a-16e6a9b212eb",
    )],
    lower: Lower::Convert(&[Type::String]),
    kernels: &[Kernel::new(
        "kql_base64_decode_toguid",
        Type::Guid,
        |rows| each!(rows, [text value] -> JsonOut, guid::text(&STANDARD.decode(value).ok()?)),
    )],
};
