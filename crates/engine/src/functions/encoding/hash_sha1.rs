//! `hash_sha1`: the SHA-1 of a value.

use sha2::Digest as _;

use super::hex;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "hash_sha1",
    family: Family::Encoding,
    signature: "hash_sha1(value): string",
    doc: "The SHA-1 hash of the text of a value, in hexadecimal digits.",
    examples: &[(
        "hash_sha1('World')",
        "70c07ec18ef89c5309bbb0937f3a6342411e1fdd",
    )],
    lower: Lower::Convert(&[Type::String]),
    kernels: &[Kernel::new(
        "kql_hash_sha1",
        Type::String,
        |rows| each!(rows, [text value] -> TextOut, Some(hex::lower(&sha1::Sha1::digest(value)))),
    )],
};
