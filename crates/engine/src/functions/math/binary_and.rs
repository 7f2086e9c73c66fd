//! `binary_and`: the bits that both have.

use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "binary_and",
    family: Family::Math,
    signature: "binary_and(a: long, b: long): long",
    doc: "The bits that both have, of two integers.",
    examples: &[("binary_and(12, 10)", "8")],
    lower: Lower::Convert(&[Type::Long]),
    kernels: &[Kernel::new(
        "kql_binary_and",
        Type::Long,
        |rows| each!(rows, [long a, long b] -> LongOut, Some(a & b)),
    )],
};
