//! `zip`: arrays side by side.

use serde_json::Value;

use crate::functions::json;
use crate::functions::prelude::*;
use crate::functions::rows::JsonOut;

pub const FUNCTION: Function = Function {
    name: "zip",
    family: Family::Arrays,
    signature: "zip(a: dynamic, b: dynamic, …): dynamic",
    doc: "An array of arrays: the first elements, the second elements and so on; where an array is shorter, null.",
    examples: &[(
        "zip(dynamic([1, 3, 5]), dynamic([2, 4]))",
        "[[1,2],[3,4],[5,null]]",
    )],
    lower: Lower::Convert(&[Type::Dynamic]),
    kernels: &[Kernel::new("kql_zip", Type::Dynamic, |rows| {
        let args = (0..rows.count())
            .map(|index| rows.json(index))
            .collect::<Result<Vec<_>>>()?;
        let mut out = JsonOut::new(rows.len);
        for row in 0..rows.len {
            let values = args.iter().map(|arg| arg.get(row).and_then(json::parse));
            out.push(zip(values));
        }
        Ok(out.finish())
    })],
};

fn zip(values: impl Iterator<Item = Option<Value>>) -> Option<String> {
    let mut arrays = Vec::new();
    for value in values {
        let Value::Array(items) = value? else {
            return None;
        };
        arrays.push(items);
    }
    let count = arrays.iter().map(Vec::len).max()?;
    let rows: Vec<Value> = (0..count)
        .map(|index| {
            let row = arrays
                .iter()
                .map(|items| items.get(index).cloned().unwrap_or(Value::Null));
            Value::Array(row.collect())
        })
        .collect();
    Some(json::print_array(&rows))
}
