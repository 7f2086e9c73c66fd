//! `set_difference`: the elements of one array that are in no other.

use super::sets;
use crate::functions::json;
use crate::functions::prelude::*;
use crate::functions::rows::JsonOut;

pub const FUNCTION: Function = Function {
    name: "set_difference",
    family: Family::Arrays,
    signature: "set_difference(a: dynamic, b: dynamic, …): dynamic",
    doc: "The elements of the first array that are in none of the others, each once.",
    examples: &[("set_difference(dynamic([1, 2, 3]), dynamic([2]))", "[1,3]")],
    lower: Lower::Convert(&[Type::Dynamic]),
    kernels: &[Kernel::new("kql_set_difference", Type::Dynamic, |rows| {
        let args = (0..rows.count())
            .map(|index| rows.json(index))
            .collect::<Result<Vec<_>>>()?;
        let mut out = JsonOut::new(rows.len);
        for row in 0..rows.len {
            let values = args.iter().map(|arg| arg.get(row).and_then(json::parse));
            out.push(sets::arrays(values).map(|sets| sets::print(sets::difference(&sets))));
        }
        Ok(out.finish())
    })],
};
