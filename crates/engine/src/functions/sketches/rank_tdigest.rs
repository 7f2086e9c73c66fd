//! `rank_tdigest`: where a value stands in a digest.

use super::tdigest::Digest;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "rank_tdigest",
    family: Family::Sketches,
    signature: "rank_tdigest(digest: dynamic, value): real",
    doc: "The number of values of a `tdigest` that are not greater than a value.",
    examples: &[(
        "rank_tdigest(dynamic([1, [2, 4, 6, 8], [1, 1, 1, 1]]), 4)",
        "2.0",
    )],
    lower: Lower::Convert(&[Type::Dynamic, Type::Real]),
    kernels: &[Kernel::new(
        "kql_rank_tdigest",
        Type::Real,
        |rows| each!(rows, [json digest, real value] -> RealOut, Some(Digest::parse(digest)?.rank(value))),
    )],
};
