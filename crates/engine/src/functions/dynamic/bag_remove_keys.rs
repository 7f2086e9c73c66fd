//! `bag_remove_keys`: a bag without some keys.

use super::path;
use serde_json::Value;

use crate::functions::PathStep;
use crate::functions::json;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "bag_remove_keys",
    family: Family::Dynamic,
    signature: "bag_remove_keys(bag: dynamic, keys: dynamic): dynamic",
    doc: "The bag without the keys of an array; keys that start with `$` are paths.",
    examples: &[(
        "bag_remove_keys(dynamic({'a': 1, 'b': 2}), dynamic(['b']))",
        "{\"a\":1}",
    )],
    lower: Lower::Convert(&[Type::Dynamic, Type::Dynamic]),
    kernels: &[Kernel::new("kql_bag_remove_keys", Type::Dynamic, |rows| {
        each!(rows, [json bag, json keys] -> JsonOut, {
            let mut bag = Value::Object(json::parse_bag(bag)?);
            for key in json::parse_array(keys)? {
                if let Value::String(key) = key {
                    remove(&mut bag, &path::of_key(&key)?);
                }
            }
            Some(json::print(&bag))
        })
    })],
};

fn remove(value: &mut Value, path: &[PathStep]) {
    let Some((PathStep::Key(last), parents)) = path.split_last() else {
        return;
    };
    let mut target = value;
    for step in parents {
        let PathStep::Key(key) = step else { return };
        let Some(next) = target.get_mut(key.as_str()) else {
            return;
        };
        target = next;
    }
    if let Value::Object(members) = target {
        members.shift_remove(last);
    }
}
