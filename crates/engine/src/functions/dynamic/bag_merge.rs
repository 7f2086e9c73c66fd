//! `bag_merge`: bags joined.

use serde_json::Value;

use crate::functions::json;
use crate::functions::prelude::*;
use crate::functions::rows::JsonOut;

pub const FUNCTION: Function = Function {
    name: "bag_merge",
    family: Family::Dynamic,
    signature: "bag_merge(a: dynamic, b: dynamic, …): dynamic",
    doc: "One bag of the members of all; of equal keys the first counts; what is no bag is passed over.",
    examples: &[(
        "bag_merge(dynamic({'a': 1}), dynamic({'a': 2, 'b': 3}))",
        "{\"a\":1,\"b\":3}",
    )],
    lower: Lower::Convert(&[Type::Dynamic]),
    kernels: &[Kernel::new("kql_bag_merge", Type::Dynamic, |rows| {
        let args = (0..rows.count())
            .map(|index| rows.json(index))
            .collect::<Result<Vec<_>>>()?;
        let mut out = JsonOut::new(rows.len);
        for row in 0..rows.len {
            let values = args.iter().map(|arg| arg.get(row).and_then(json::parse));
            out.push(merge(values));
        }
        Ok(out.finish())
    })],
};

fn merge(values: impl Iterator<Item = Option<Value>>) -> Option<String> {
    let mut all: Option<serde_json::Map<String, Value>> = None;
    for value in values {
        if let Some(Value::Object(members)) = value {
            let all = all.get_or_insert_default();
            for (key, value) in members {
                all.entry(key).or_insert(value);
            }
        }
    }
    all.map(|members| json::print(&Value::Object(members)))
}
