//! `binary_xor`: the bits that differ.

use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "binary_xor",
    family: Family::Math,
    signature: "binary_xor(a: long, b: long): long",
    doc: "The bits that differ, of two integers.",
    examples: &[("binary_xor(12, 10)", "6")],
    lower: Lower::Convert(&[Type::Long]),
    kernels: &[Kernel::new(
        "kql_binary_xor",
        Type::Long,
        |rows| each!(rows, [long a, long b] -> LongOut, Some(a ^ b)),
    )],
};
