//! `array_concat`: arrays joined.

use serde_json::Value;

use crate::functions::json;
use crate::functions::prelude::*;
use crate::functions::rows::JsonOut;

pub const FUNCTION: Function = Function {
    name: "array_concat",
    family: Family::Arrays,
    signature: "array_concat(a: dynamic, …): dynamic",
    doc: "One array of the elements of all arrays in turn; what is no array is passed over.",
    examples: &[("array_concat(dynamic([1]), dynamic([2, 3]))", "[1,2,3]")],
    lower: Lower::Convert(&[Type::Dynamic]),
    kernels: &[Kernel::new("kql_array_concat", Type::Dynamic, |rows| {
        let args = (0..rows.count())
            .map(|index| rows.json(index))
            .collect::<Result<Vec<_>>>()?;
        let mut out = JsonOut::new(rows.len);
        for row in 0..rows.len {
            let values = args.iter().map(|arg| arg.get(row).and_then(json::parse));
            out.push(concat(values));
        }
        Ok(out.finish())
    })],
};

fn concat(values: impl Iterator<Item = Option<Value>>) -> Option<String> {
    let mut all = Vec::new();
    let mut any = false;
    for value in values {
        if let Some(Value::Array(items)) = value {
            any = true;
            all.extend(items);
        }
    }
    any.then(|| json::print_array(&all))
}
