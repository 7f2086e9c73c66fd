//! `hash_sha256`: the SHA-256 of a value.

use sha2::Digest as _;

use super::hex;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "hash_sha256",
    family: Family::Encoding,
    signature: "hash_sha256(value): string",
    doc: "The SHA-256 hash of the text of a value, in hexadecimal digits.",
    examples: &[(
        "hash_sha256('World')",
        "78ae647dc5544d227130a0682a51e30bc7777fbb6d8a8f17007463a3ecd1d524",
    )],
    lower: Lower::Convert(&[Type::String]),
    kernels: &[Kernel::new(
        "kql_hash_sha256",
        Type::String,
        |rows| each!(rows, [text value] -> TextOut, Some(hex::lower(&sha2::Sha256::digest(value)))),
    )],
};
