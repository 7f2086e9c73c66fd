//! `binary_or`: the bits that one has.

use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "binary_or",
    family: Family::Math,
    signature: "binary_or(a: long, b: long): long",
    doc: "The bits that one has, of two integers.",
    examples: &[("binary_or(12, 10)", "14")],
    lower: Lower::Convert(&[Type::Long]),
    kernels: &[Kernel::new(
        "kql_binary_or",
        Type::Long,
        |rows| each!(rows, [long a, long b] -> LongOut, Some(a | b)),
    )],
};
