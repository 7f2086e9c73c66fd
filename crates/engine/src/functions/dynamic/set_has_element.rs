//! `set_has_element`: whether a value is in an array.

use serde_json::Value;

use crate::functions::json;
use crate::functions::prelude::*;
use crate::functions::rows::BoolOut;

pub const FUNCTION: Function = Function {
    name: "set_has_element",
    family: Family::Arrays,
    signature: "set_has_element(set: dynamic, value): bool",
    doc: "Whether an array holds a value of the same kind; `2` is not `\"2\"`.",
    examples: &[
        ("set_has_element(dynamic([1, 2]), 2)", "true"),
        ("set_has_element(dynamic([1, 2]), '2')", "false"),
    ],
    lower: Lower::Convert(&[Type::Dynamic]),
    kernels: &[Kernel::new("kql_set_has_element", Type::Bool, |rows| {
        let args = (0..rows.count())
            .map(|index| rows.json(index))
            .collect::<Result<Vec<_>>>()?;
        let mut out = BoolOut::new(rows.len);
        for row in 0..rows.len {
            let values = args.iter().map(|arg| arg.get(row).and_then(json::parse));
            out.push(has(values));
        }
        Ok(out.finish())
    })],
};

fn has(mut values: impl Iterator<Item = Option<Value>>) -> Option<bool> {
    let Value::Array(items) = values.next()?? else {
        return None;
    };
    let value = values.next()?.unwrap_or(Value::Null);
    Some(items.iter().any(|item| json::same(item, &value)))
}
