//! The hash of a plan: SHA-256 of its canonical JSON (RFC 8785).
//!
//! Whoever approves a plan approves a hash, so that every other program must come to the same one. A plan
//! holds text, whole numbers, truth values, lists and objects; for those the canonical form is: no blanks,
//! the shortest escapes, and names in the order of their UTF-16 units. Numbers with fractions, where the form
//! is harder, stand in no plan.

use data_encoding::HEXLOWER;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::plan::Plan;

/// What the hash leaves out: itself, what follows from it, and the wall clock.
const LEFT_OUT: [&str; 3] = ["hash", "plan_id", "made_at"];

/// The hash of a plan, in hex.
pub fn plan_hash(plan: &Plan) -> String {
    hash_of_json(&plan.to_json())
}

/// The hash of a plan in JSON, in hex; a hash that stands in it does not matter.
pub fn hash_of_json(plan: &Value) -> String {
    let mut hashed = plan.clone();
    if let Some(members) = hashed.as_object_mut() {
        for name in LEFT_OUT {
            members.remove(name);
        }
    }
    HEXLOWER.encode(&Sha256::digest(canonical(&hashed).as_bytes()))
}

/// The canonical form of a value.
pub fn canonical(value: &Value) -> String {
    let mut out = String::new();
    write(value, &mut out);
    out
}

fn write(value: &Value, out: &mut String) {
    match value {
        // The escapes of `serde_json` are those of the standard: two letters where there are such, else
        // `\u00xx` in small letters, and nothing else escaped.
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            out.push_str(&value.to_string());
        }
        Value::Array(items) => {
            out.push('[');
            for (place, item) in items.iter().enumerate() {
                if place > 0 {
                    out.push(',');
                }
                write(item, out);
            }
            out.push(']');
        }
        Value::Object(members) => {
            let mut names: Vec<&String> = members.keys().collect();
            names.sort_by(|a, b| a.encode_utf16().cmp(b.encode_utf16()));
            out.push('{');
            for (place, name) in names.into_iter().enumerate() {
                if place > 0 {
                    out.push(',');
                }
                write(&Value::String(name.clone()), out);
                out.push(':');
                write(&members[name.as_str()], out);
            }
            out.push('}');
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_in_order_and_shortest_escapes() {
        // By code point U+FB33 comes before U+1F600; by UTF-16 unit after it, because that begins with D83D.
        let value =
            json!({"\u{fb33}": 1, "\u{1f600}": 2, "b": [true, null, "\u{1}\n\"/é"], "a": {}});
        assert_eq!(
            canonical(&value),
            "{\"a\":{},\"b\":[true,null,\"\\u0001\\n\\\"/é\"],\"\u{1f600}\":2,\"\u{fb33}\":1}"
        );
    }

    #[test]
    fn the_clock_does_not_enter() {
        let plan = json!({"hash": "x", "plan_id": "y", "made_at": "z", "target": "t"});
        assert_eq!(hash_of_json(&plan), hash_of_json(&json!({"target": "t"})));
        assert_ne!(hash_of_json(&plan), hash_of_json(&json!({"target": "u"})));
    }
}
