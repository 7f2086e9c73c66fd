//! `set_union`: all elements of several arrays, once each.

use super::sets;
use crate::functions::json;
use crate::functions::prelude::*;
use crate::functions::rows::JsonOut;

pub const FUNCTION: Function = Function {
    name: "set_union",
    family: Family::Arrays,
    signature: "set_union(a: dynamic, b: dynamic, …): dynamic",
    doc: "The elements of all arrays, each once, in the order in which they first occur.",
    examples: &[("set_union(dynamic([1, 2]), dynamic([2, 3]))", "[1,2,3]")],
    lower: Lower::Convert(&[Type::Dynamic]),
    kernels: &[Kernel::new("kql_set_union", Type::Dynamic, |rows| {
        let args = (0..rows.count())
            .map(|index| rows.json(index))
            .collect::<Result<Vec<_>>>()?;
        let mut out = JsonOut::new(rows.len);
        for row in 0..rows.len {
            let values = args.iter().map(|arg| arg.get(row).and_then(json::parse));
            out.push(sets::arrays(values).map(|sets| sets::print(sets::union(&sets))));
        }
        Ok(out.finish())
    })],
};
