//! `binary_shift_left`: bits moved to the left.

use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "binary_shift_left",
    family: Family::Math,
    signature: "binary_shift_left(value: long, count: long): long",
    doc: "The bits of an integer moved by a number of places, taken modulo 64; null where that is negative.",
    examples: &[("binary_shift_left(1, 2)", "4")],
    lower: Lower::Convert(&[Type::Long]),
    kernels: &[Kernel::new(
        "kql_binary_shift_left",
        Type::Long,
        |rows| each!(rows, [long value, long count] -> LongOut, (count >= 0).then(|| value.wrapping_shl((count % 64) as u32))),
    )],
};
