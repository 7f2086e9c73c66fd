//! `hash_many`: one hash of several values.

use super::xxhash;
use crate::functions::call::long;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "hash_many",
    family: Family::Encoding,
    signature: "hash_many(value, value, …): long",
    doc: "The hashes of the values, combined as `hash_combine` does it: the numbers are others than Kusto's.",
    examples: &[
        ("hash_many('a', 1) == hash_many('a', 1)", "true"),
        ("hash_many('a', 'b') == hash_many('ab', '')", "false"),
    ],
    lower: Lower::By(lower),
    kernels: &[],
};

fn lower(call_: Call<'_>) -> Result<Expr, Error> {
    let hashes = (0..call_.count())
        .map(|index| xxhash::of_argument(&call_, index, long(0)))
        .collect::<Result<Vec<_>, Error>>()?;
    Ok(call("kql_hash_combine", hashes))
}
