//! `bag_set_key`: a bag with one key set.

use super::path;
use serde_json::Value;

use crate::functions::PathStep;
use crate::functions::json;
use crate::functions::prelude::*;
use crate::functions::rows::JsonOut;

pub const FUNCTION: Function = Function {
    name: "bag_set_key",
    family: Family::Dynamic,
    signature: "bag_set_key(bag: dynamic, key: string, value): dynamic",
    doc: "The bag with a key, or the path that a key starting with `$` stands for, set to a value.",
    examples: &[(
        "bag_set_key(dynamic({'a': 1}), 'b', 2)",
        "{\"a\":1,\"b\":2}",
    )],
    lower: Lower::Convert(&[Type::Dynamic, Type::String, Type::Dynamic]),
    kernels: &[Kernel::new("kql_bag_set_key", Type::Dynamic, |rows| {
        let (bag, key, value) = (rows.json(0)?, rows.text(1)?, rows.json(2)?);
        let mut out = JsonOut::new(rows.len);
        for row in 0..rows.len {
            let value = value.get(row).and_then(json::parse).unwrap_or(Value::Null);
            out.push(bag.get(row).and_then(|bag| set(bag, key.at(row), value)));
        }
        Ok(out.finish())
    })],
};

fn set(bag: &str, key: &str, value: Value) -> Option<String> {
    let mut bag = Value::Object(json::parse_bag(bag)?);
    let mut target = &mut bag;
    for step in path::of_key(key)? {
        let PathStep::Key(key) = step else {
            return None;
        };
        if !target.is_object() {
            *target = Value::Object(serde_json::Map::new());
        }
        target = target.as_object_mut()?.entry(key).or_insert(Value::Null);
    }
    *target = value;
    Some(json::print(&bag))
}
