//! `base64_encode_fromguid`: a guid in Base64.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::guid;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "base64_encode_fromguid",
    family: Family::Encoding,
    signature: "base64_encode_fromguid(guid: guid): string",
    doc: "The 16 bytes of a guid, in the order of .NET, in Base64.",
    examples: &[(
        "base64_encode_fromguid(guid(ae3133f2-6e22-49ae-b06a-16e6a9b212eb))",
        "8jMxriJurkmwahbmqbIS6w==",
    )],
    lower: Lower::Convert(&[Type::Guid]),
    kernels: &[Kernel::new(
        "kql_base64_encode_fromguid",
        Type::String,
        |rows| each!(rows, [json value] -> TextOut, Some(STANDARD.encode(guid::bytes(value)?))),
    )],
};
