//! `bag_zip`: a bag from keys and values.

use serde_json::Value;

use crate::functions::json;
use crate::functions::prelude::*;
use crate::functions::rows::JsonOut;

pub const FUNCTION: Function = Function {
    name: "bag_zip",
    family: Family::Dynamic,
    signature: "bag_zip(keys: dynamic, values: dynamic): dynamic",
    doc: "A bag of the keys of one array and the values of another; keys that are no texts are passed over.",
    examples: &[(
        "bag_zip(dynamic(['a', 8, 'b']), dynamic([1, 2, 3]))",
        "{\"a\":1,\"b\":3}",
    )],
    lower: Lower::Convert(&[Type::Dynamic]),
    kernels: &[Kernel::new("kql_bag_zip", Type::Dynamic, |rows| {
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

fn zip(mut values: impl Iterator<Item = Option<Value>>) -> Option<String> {
    let (Value::Array(keys), Value::Array(values)) = (values.next()??, values.next()??) else {
        return None;
    };
    let mut members = serde_json::Map::new();
    for (index, key) in keys.into_iter().enumerate() {
        if let Value::String(key) = key {
            members.insert(key, values.get(index).cloned().unwrap_or(Value::Null));
        }
    }
    Some(json::print(&Value::Object(members)))
}
