//! `binary_not`: the bits turned over.

use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "binary_not",
    family: Family::Math,
    signature: "binary_not(x: long): long",
    doc: "The bitwise negation of an integer.",
    examples: &[("binary_not(100)", "-101")],
    lower: Lower::Convert(&[Type::Long]),
    kernels: &[Kernel::new(
        "kql_binary_not",
        Type::Long,
        |rows| each!(rows, [long x] -> LongOut, Some(!x)),
    )],
};
