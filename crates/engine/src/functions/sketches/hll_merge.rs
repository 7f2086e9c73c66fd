//! `hll_merge`: several sketches as one.

use super::hll::Sketch;
use crate::functions::prelude::*;
use crate::functions::rows::JsonOut;

pub const FUNCTION: Function = Function {
    name: "hll_merge",
    family: Family::Sketches,
    signature: "hll_merge(sketch: dynamic, …): dynamic",
    doc: "The sketch of all values of several sketches that `hll` made.",
    examples: &[(
        "dcount_hll(hll_merge(dynamic([14, [1], [1]]), dynamic([14, [1, 2], [2, 1]])))",
        "2",
    )],
    lower: Lower::Convert(&[Type::Dynamic]),
    kernels: &[Kernel::new("kql_hll_merge", Type::Dynamic, |rows| {
        let sketches = (0..rows.count())
            .map(|index| rows.json(index))
            .collect::<Result<Vec<_>>>()?;
        let mut out = JsonOut::new(rows.len);
        for row in 0..rows.len {
            let mut merged = Sketch::default();
            for sketch in sketches.iter().filter_map(|s| Sketch::parse(s.get(row)?)) {
                merged.merge(sketch);
            }
            out.push(Some(merged.print()));
        }
        Ok(out.finish())
    })],
};
