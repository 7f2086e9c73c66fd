//! `tdigest_merge`: several digests as one.

use super::tdigest::Digest;
use crate::functions::prelude::*;
use crate::functions::rows::JsonOut;

pub const FUNCTION: Function = Function {
    name: "tdigest_merge",
    family: Family::Sketches,
    signature: "tdigest_merge(digest: dynamic, …): dynamic",
    doc: "The digest of all values of several digests.",
    examples: &[(
        "tdigest_merge(dynamic([1, [2], [1]]), dynamic([1, [2, 4], [1, 1]]))",
        "[1,[2.0,4.0],[2,1]]",
    )],
    lower: Lower::Convert(&[Type::Dynamic]),
    kernels: &[Kernel::new("kql_tdigest_merge", Type::Dynamic, |rows| {
        let digests = (0..rows.count())
            .map(|index| rows.json(index))
            .collect::<Result<Vec<_>>>()?;
        let mut out = JsonOut::new(rows.len);
        for row in 0..rows.len {
            let digests = digests.iter().filter_map(|d| Digest::parse(d.get(row)?));
            out.push(Some(Digest::merged(digests).print()));
        }
        Ok(out.finish())
    })],
};
