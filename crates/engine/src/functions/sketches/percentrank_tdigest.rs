//! `percentrank_tdigest`: where a value stands in a digest.

use super::tdigest::Digest;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "percentrank_tdigest",
    family: Family::Sketches,
    signature: "percentrank_tdigest(digest: dynamic, value): real",
    doc: "The percentage of the values of a `tdigest` that are not greater than a value; null if the digest is empty.",
    examples: &[(
        "percentrank_tdigest(dynamic([1, [2, 4, 6, 8], [1, 1, 1, 1]]), 4)",
        "50.0",
    )],
    lower: Lower::Convert(&[Type::Dynamic, Type::Real]),
    kernels: &[Kernel::new(
        "kql_percentrank_tdigest",
        Type::Real,
        |rows| each!(rows, [json digest, real value] -> RealOut, Digest::parse(digest)?.percentrank(value)),
    )],
};
