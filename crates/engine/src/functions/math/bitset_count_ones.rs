//! `bitset_count_ones`: the number of set bits.

use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "bitset_count_ones",
    family: Family::Math,
    signature: "bitset_count_ones(x: long): long",
    doc: "How many bits of an integer are set.",
    examples: &[("bitset_count_ones(42)", "3")],
    lower: Lower::Convert(&[Type::Long]),
    kernels: &[Kernel::new(
        "kql_bitset_count_ones",
        Type::Long,
        |rows| each!(rows, [long x] -> LongOut, Some(i64::from(x.count_ones()))),
    )],
};
