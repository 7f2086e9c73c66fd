//! `hash`: the xxHash64 of a value.

use super::xxhash;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "hash",
    family: Family::Encoding,
    signature: "hash(value[, mod: long]): long",
    doc: "The xxHash64 of a value, taken modulo a number if one is given.",
    examples: &[
        ("hash('World')", "1846988464401551951"),
        ("hash('World', 100)", "51"),
    ],
    lower: Lower::By(xxhash::lower),
    kernels: &[],
};
