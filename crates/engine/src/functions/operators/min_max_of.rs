//! `min_of` and `max_of`: the smallest and the greatest of several values, nulls left out.

use crate::functions::prelude::*;

pub const MIN_OF: Function = Function {
    name: "min_of",
    family: Family::Conditions,
    signature: "min_of(a, b, …)",
    doc: "The smallest argument; nulls are passed over.",
    examples: &[("min_of(10, 1, -3, 17)", "-3")],
    lower: Lower::By(|call| Ok(datafusion::functions::core::expr_fn::least(all(call)?))),
    kernels: &[],
};

pub const MAX_OF: Function = Function {
    name: "max_of",
    family: Family::Conditions,
    signature: "max_of(a, b, …)",
    doc: "The greatest argument; nulls are passed over.",
    examples: &[("max_of(10, 1, -3, 17)", "17")],
    lower: Lower::By(|call| Ok(datafusion::functions::core::expr_fn::greatest(all(call)?))),
    kernels: &[],
};

fn all(call: Call<'_>) -> Result<Vec<Expr>, Error> {
    (0..call.count())
        .map(|index| call.arg(index, call.ty))
        .collect()
}
