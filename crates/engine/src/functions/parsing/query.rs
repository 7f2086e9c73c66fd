//! The parameters of a URL query.

use serde_json::{Map, Value};

/// Names and values as written; a name without `=` has an empty value.
pub fn parse(query: &str) -> Value {
    let mut parameters = Map::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        parameters.insert(name.to_owned(), Value::String(value.to_owned()));
    }
    Value::Object(parameters)
}
