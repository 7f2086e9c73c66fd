//! `set_intersect`: the elements common to several arrays.

use super::sets;
use crate::functions::json;
use crate::functions::prelude::*;
use crate::functions::rows::JsonOut;

pub const FUNCTION: Function = Function {
    name: "set_intersect",
    family: Family::Arrays,
    signature: "set_intersect(a: dynamic, b: dynamic, …): dynamic",
    doc: "The elements that are in all arrays, each once.",
    examples: &[(
        "set_intersect(dynamic([1, 2, 3]), dynamic([3, 1]))",
        "[1,3]",
    )],
    lower: Lower::Convert(&[Type::Dynamic]),
    kernels: &[Kernel::new("kql_set_intersect", Type::Dynamic, |rows| {
        let args = (0..rows.count())
            .map(|index| rows.json(index))
            .collect::<Result<Vec<_>>>()?;
        let mut out = JsonOut::new(rows.len);
        for row in 0..rows.len {
            let values = args.iter().map(|arg| arg.get(row).and_then(json::parse));
            out.push(sets::arrays(values).map(|sets| sets::print(sets::intersection(&sets))));
        }
        Ok(out.finish())
    })],
};
