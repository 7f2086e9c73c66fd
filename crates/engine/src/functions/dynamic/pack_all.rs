//! `pack_all`: a bag of all columns; with `true`, of those that are neither null nor empty.

use super::bag_pack;
use crate::functions::prelude::*;
use crate::functions::rows::JsonOut;

pub const FUNCTION: Function = Function {
    name: "pack_all",
    family: Family::Dynamic,
    signature: "pack_all([ignore_null_empty: bool]): dynamic",
    doc: "A bag of all columns under their names, without null and empty values if asked.",
    examples: &[],
    lower: Lower::By(bag_pack::lower),
    kernels: &[Kernel::new("kql_pack_all", Type::Dynamic, |rows| {
        let args = (0..rows.count())
            .map(|index| rows.json(index))
            .collect::<Result<Vec<_>>>()?;
        let mut out = JsonOut::new(rows.len);
        for row in 0..rows.len {
            let pairs = args
                .chunks_exact(2)
                .map(|pair| (pair[0].get(row), pair[1].get(row)));
            let known = pairs.filter(|(_, value)| !matches!(value, None | Some("\"\"")));
            out.push(Some(bag_pack::bag(known)));
        }
        Ok(out.finish())
    })],
};
