//! What the `series_fill_…` functions share: arguments that may be missing.

use datafusion::common::Result;
use serde_json::Value;

use crate::functions::json;
use crate::functions::rows::{Jsons, Rows};

pub fn optional(rows: &Rows<'_>, index: usize) -> Result<Option<Jsons>> {
    if index < rows.count() {
        rows.json(index).map(Some)
    } else {
        Ok(None)
    }
}

/// The argument's value at a row, `default` where there is no argument, null where it is null.
pub fn value(column: &Option<Jsons>, row: usize, default: Value) -> Value {
    match column {
        Some(column) => column.get(row).and_then(json::parse).unwrap_or(Value::Null),
        None => default,
    }
}
