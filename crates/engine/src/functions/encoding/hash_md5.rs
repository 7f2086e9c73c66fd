//! `hash_md5`: the MD5 of a value.

use sha2::Digest as _;

use super::hex;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "hash_md5",
    family: Family::Encoding,
    signature: "hash_md5(value): string",
    doc: "The MD5 hash of the text of a value, in hexadecimal digits.",
    examples: &[("hash_md5('World')", "f5a7924e621e84c9280a9a27e1bcb7f6")],
    lower: Lower::Convert(&[Type::String]),
    kernels: &[Kernel::new(
        "kql_hash_md5",
        Type::String,
        |rows| each!(rows, [text value] -> TextOut, Some(hex::lower(&md5::Md5::digest(value)))),
    )],
};
