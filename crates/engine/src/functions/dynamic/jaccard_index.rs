//! `jaccard_index`: how alike two arrays are as sets.

use super::sets;
use crate::functions::json;
use crate::functions::prelude::*;
use crate::functions::rows::JsonOut;

pub const FUNCTION: Function = Function {
    name: "jaccard_index",
    family: Family::Arrays,
    signature: "jaccard_index(a: dynamic, b: dynamic): dynamic",
    doc: "The number of common elements by the number of all; a real.",
    examples: &[(
        "jaccard_index(dynamic([1, 2, 3]), dynamic([1, 2, 3, 4]))",
        "0.75",
    )],
    lower: Lower::Convert(&[Type::Dynamic]),
    kernels: &[Kernel::new("kql_jaccard_index", Type::Dynamic, |rows| {
        let args = (0..rows.count())
            .map(|index| rows.json(index))
            .collect::<Result<Vec<_>>>()?;
        let mut out = JsonOut::new(rows.len);
        for row in 0..rows.len {
            let values = args.iter().map(|arg| arg.get(row).and_then(json::parse));
            out.push(sets::arrays(values).map(|sets| {
                let all = sets::union(&sets).len();
                json::print(&json::real(
                    sets::intersection(&sets).len() as f64 / all as f64,
                ))
            }));
        }
        Ok(out.finish())
    })],
};
