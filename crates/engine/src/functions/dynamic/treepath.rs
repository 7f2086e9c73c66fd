//! `treepath`: all paths into a value.

use serde_json::Value;

use crate::functions::json;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "treepath",
    family: Family::Dynamic,
    signature: "treepath(value: dynamic): dynamic",
    doc: "An array of the paths to every member and element.",
    examples: &[(
        "treepath(dynamic({'a': {'b': 1}, 'c': [2]}))",
        "[\"['a']\",\"['a']['b']\",\"['c']\",\"['c'][0]\"]",
    )],
    lower: Lower::Convert(&[Type::Dynamic]),
    kernels: &[Kernel::new("kql_treepath", Type::Dynamic, |rows| {
        each!(rows, [json value] -> JsonOut, {
            let mut paths = Vec::new();
            collect(&json::parse(value)?, "", &mut paths);
            Some(json::print_array(&paths))
        })
    })],
};

/// Recursion is bounded by the depth that `json::parse` lets through.
fn collect(value: &Value, path: &str, paths: &mut Vec<Value>) {
    match value {
        Value::Object(members) => {
            for (key, value) in members {
                let path = format!("{path}['{key}']");
                paths.push(Value::String(path.clone()));
                collect(value, &path, paths);
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                let path = format!("{path}[{index}]");
                paths.push(Value::String(path.clone()));
                collect(value, &path, paths);
            }
        }
        _ => {}
    }
}
