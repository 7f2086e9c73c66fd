//! `percentile_tdigest`: a percentile of a digest.

use super::tdigest::{Digest, value_of};
use crate::functions::json;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "percentile_tdigest",
    family: Family::Sketches,
    signature: "percentile_tdigest(digest: dynamic, percentage: real[, typeof(type)]): dynamic",
    doc: "The value that so many percent of the values of a `tdigest` do not exceed, of the given type; null if the digest is empty.",
    examples: &[(
        "percentile_tdigest(dynamic([1, [2, 4, 6], [1, 1, 1]]), 50)",
        "4",
    )],
    lower: Lower::Convert(&[Type::Dynamic, Type::Real]),
    kernels: &[Kernel::new(
        "kql_percentile_tdigest",
        Type::Dynamic,
        |rows| {
            each!(rows, [json digest, real percentage] -> JsonOut, {
                let value = Digest::parse(digest)?.percentile(percentage)?;
                Some(json::print(&value_of(value)))
            })
        },
    )],
};
