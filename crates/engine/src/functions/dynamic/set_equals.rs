//! `set_equals`: whether arrays have the same elements.

use super::sets;
use crate::functions::json;
use crate::functions::prelude::*;
use crate::functions::rows::BoolOut;

pub const FUNCTION: Function = Function {
    name: "set_equals",
    family: Family::Arrays,
    signature: "set_equals(a: dynamic, b: dynamic): bool",
    doc: "Whether two arrays have the same elements, in any order and number.",
    examples: &[("set_equals(dynamic([1, 2]), dynamic([2, 1, 1]))", "true")],
    lower: Lower::Convert(&[Type::Dynamic]),
    kernels: &[Kernel::new("kql_set_equals", Type::Bool, |rows| {
        let args = (0..rows.count())
            .map(|index| rows.json(index))
            .collect::<Result<Vec<_>>>()?;
        let mut out = BoolOut::new(rows.len);
        for row in 0..rows.len {
            let values = args.iter().map(|arg| arg.get(row).and_then(json::parse));
            out.push(sets::arrays(values).map(|sets| {
                sets::difference(&sets).is_empty()
                    && sets::union(&sets).len() == sets::union(&sets[1..]).len()
            }));
        }
        Ok(out.finish())
    })],
};
