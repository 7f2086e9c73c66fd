//! `dynamic_to_json`: a dynamic value as JSON with sorted keys.

use serde_json::Value;

use crate::functions::json;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "dynamic_to_json",
    family: Family::Text,
    signature: "dynamic_to_json(value: dynamic): string",
    doc: "The JSON text of a value, keys sorted.",
    examples: &[(
        "dynamic_to_json(dynamic({'b': 2, 'a': 1}))",
        "{\"a\":1,\"b\":2}",
    )],
    lower: Lower::Convert(&[Type::Dynamic]),
    kernels: &[Kernel::new(
        "kql_dynamic_to_json",
        Type::String,
        |rows| each!(rows, [json value] -> TextOut, Some(json::print(&sorted(json::parse(value)?)))),
    )],
};

/// Recursion is bounded by the depth that `json::parse` lets through.
fn sorted(value: Value) -> Value {
    match value {
        Value::Array(items) => Value::Array(items.into_iter().map(sorted).collect()),
        Value::Object(members) => {
            let mut members: Vec<(String, Value)> = members.into_iter().collect();
            members.sort_by(|left, right| left.0.cmp(&right.0));
            Value::Object(
                members
                    .into_iter()
                    .map(|(key, value)| (key, sorted(value)))
                    .collect(),
            )
        }
        other => other,
    }
}
