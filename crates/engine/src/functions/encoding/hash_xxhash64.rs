//! `hash_xxhash64`: the xxHash64 of a value.

use super::xxhash;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "hash_xxhash64",
    family: Family::Encoding,
    signature: "hash_xxhash64(value[, mod: long]): long",
    doc: "The xxHash64 of a value, taken modulo a number if one is given.",
    examples: &[
        ("hash_xxhash64('World')", "1846988464401551951"),
        ("hash_xxhash64('World', 100)", "51"),
    ],
    lower: Lower::By(xxhash::lower),
    kernels: &[],
};
