//! `array_iff`: elements chosen by conditions.

use serde_json::Value;

use crate::functions::json;
use crate::functions::prelude::*;
use crate::functions::rows::JsonOut;

pub const FUNCTION: Function = Function {
    name: "array_iff",
    family: Family::Arrays,
    signature: "array_iff(conditions: dynamic, then, else): dynamic",
    doc: "For every condition the element of the second argument where it is true, else that of the third; an argument that is no array stands for all elements.",
    examples: &[(
        "array_iff(dynamic([true, false]), dynamic([1, 2]), 0)",
        "[1,0]",
    )],
    lower: Lower::Convert(&[Type::Dynamic]),
    kernels: &[Kernel::new("kql_array_iff", Type::Dynamic, |rows| {
        let args = (0..rows.count())
            .map(|index| rows.json(index))
            .collect::<Result<Vec<_>>>()?;
        let mut out = JsonOut::new(rows.len);
        for row in 0..rows.len {
            let values = args.iter().map(|arg| arg.get(row).and_then(json::parse));
            out.push(choose(values));
        }
        Ok(out.finish())
    })],
};

fn choose(mut values: impl Iterator<Item = Option<Value>>) -> Option<String> {
    let Value::Array(conditions) = values.next()?? else {
        return None;
    };
    let yes = values.next()?.unwrap_or(Value::Null);
    let no = values.next()?.unwrap_or(Value::Null);
    let chosen: Vec<Value> = conditions
        .iter()
        .enumerate()
        .map(|(index, condition)| match condition {
            Value::Bool(true) => element(&yes, index),
            Value::Bool(false) => element(&no, index),
            Value::Number(number) if number.as_f64() != Some(0.0) => element(&yes, index),
            Value::Number(_) => element(&no, index),
            _ => Value::Null,
        })
        .collect();
    Some(json::print_array(&chosen))
}

fn element(value: &Value, index: usize) -> Value {
    match value {
        Value::Array(items) => items.get(index).cloned().unwrap_or(Value::Null),
        other => other.clone(),
    }
}
