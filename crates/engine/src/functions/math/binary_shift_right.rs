//! `binary_shift_right`: bits moved to the right.

use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "binary_shift_right",
    family: Family::Math,
    signature: "binary_shift_right(value: long, count: long): long",
    doc: "The bits of an integer moved by a number of places, taken modulo 64; null where that is negative.",
    examples: &[("binary_shift_right(8, 2)", "2")],
    lower: Lower::Convert(&[Type::Long]),
    kernels: &[Kernel::new(
        "kql_binary_shift_right",
        Type::Long,
        |rows| each!(rows, [long value, long count] -> LongOut, (count >= 0).then(|| value.wrapping_shr((count % 64) as u32))),
    )],
};
