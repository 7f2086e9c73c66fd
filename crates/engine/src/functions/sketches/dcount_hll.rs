//! `dcount_hll`: how many different values a sketch stands for.

use super::hll::Sketch;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "dcount_hll",
    family: Family::Sketches,
    signature: "dcount_hll(sketch: dynamic): long",
    doc: "About how many different values there are in a sketch that `hll` made.",
    examples: &[("dcount_hll(dynamic([14, [1, 5, 9], [1, 3, 2]]))", "3")],
    lower: Lower::Convert(&[Type::Dynamic]),
    kernels: &[Kernel::new(
        "kql_dcount_hll",
        Type::Long,
        |rows| each!(rows, [json sketch] -> LongOut, Some(Sketch::parse(sketch)?.count())),
    )],
};
