//! Rows as JSON: arrays of cells, written straight from the columns of a batch.
//!
//! In: a batch, its columns and where to write. Out: `[…],[…]`, in which nothing can move a terminal's cursor. A
//! million rows are common where somebody asks for every key, so that no value is made of a text or a time that
//! is only printed. Deliberately not here: the document around the rows (`cli::query`).

use std::io::Write as _;

use anyhow::Result;
use arrow_array::cast::AsArray as _;
use arrow_array::types::{Float64Type, Int32Type, Int64Type};
use arrow_array::{Array as _, ArrayRef, RecordBatch};
use keyline_engine::rows::{arrays, cell, json, push_datetime};
use keyline_kql::schema::Column;
use keyline_kql::types::Type;

use crate::safe_json::SafeJson;

/// Appends the rows of a batch; `first` is whether none stand before them.
pub fn append(
    batch: &RecordBatch,
    columns: &[Column],
    first: &mut bool,
    out: &mut Vec<u8>,
) -> Result<()> {
    let arrays = arrays(batch, columns)?;
    let mut text = String::new();
    for row in 0..batch.num_rows() {
        out.extend_from_slice(if *first { b"[" } else { b",[" });
        *first = false;
        for (place, (array, column)) in arrays.iter().zip(columns).enumerate() {
            if place > 0 {
                out.push(b',');
            }
            append_cell(array, row, column.ty, &mut text, out)?;
        }
        out.push(b']');
    }
    Ok(())
}

fn append_cell(
    array: &ArrayRef,
    row: usize,
    ty: Type,
    text: &mut String,
    out: &mut Vec<u8>,
) -> Result<()> {
    if array.is_null(row) {
        out.extend_from_slice(match ty {
            Type::String => b"\"\"",
            _ => b"null",
        });
        return Ok(());
    }
    match ty {
        Type::Bool => write!(out, "{}", array.as_boolean().value(row))?,
        Type::Int => write!(out, "{}", array.as_primitive::<Int32Type>().value(row))?,
        Type::Long => write!(out, "{}", array.as_primitive::<Int64Type>().value(row))?,
        Type::Real if array.as_primitive::<Float64Type>().value(row).is_finite() => {
            serde_json::to_writer(out, &array.as_primitive::<Float64Type>().value(row))?;
        }
        Type::String | Type::Guid => append_text(array.as_string_view().value(row), out)?,
        Type::DateTime => {
            text.clear();
            push_datetime(text, array.as_primitive::<Int64Type>().value(row));
            append_text(text, out)?;
        }
        _ => serde_json::to_writer(SafeJson(out), &json(&cell(array, row, ty)))?,
    }
    Ok(())
}

/// A text in quotes. Nearly all are plain, and stand in JSON as they are.
fn append_text(text: &str, out: &mut Vec<u8>) -> Result<()> {
    let plain = |byte: &u8| matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\');
    if text.as_bytes().iter().all(plain) {
        out.push(b'"');
        out.extend_from_slice(text.as_bytes());
        out.push(b'"');
        return Ok(());
    }
    Ok(serde_json::to_writer(SafeJson(out), text)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use keyline_engine::{Catalog, Engine, EngineOptions, Evaluation, NoReferences};
    use std::sync::Arc;

    /// Cell by cell what a value of its own would be, and no character that moves a cursor.
    #[test]
    fn cells_are_those_of_their_values() {
        let engine = Engine::new(
            &EngineOptions::for_this_machine(),
            Catalog::new(),
            Arc::new(NoReferences),
        )
        .unwrap();
        let query = "datatable(b: bool, i: int, l: long, r: real, d: decimal, s: string, t: datetime, p: timespan, \
                     g: guid, y: dynamic) [true, 1, -2, 0.1, 1.5, 'a\"b\\\\c\u{202e}ü\u{9b}', datetime(2024-02-29 12:30:00.5), 1d, \
                     guid(74be27de-1e4e-49d9-b579-fe0b331d3642), dynamic({'a': [1, 'x']}), \
                     bool(null), int(null), long(null), real(null), decimal(null), '', datetime(0001-01-01), time(null), \
                     guid(null), dynamic(null), false, 0, 9223372036854775807, real(nan), -1.0, 'plain', datetime(9999-12-31), -1tick, \
                     guid(null), dynamic('x')]";
        let (tree, _) = keyline_kql::parse::parse(query);
        let now = Evaluation::at(0);
        let (checked, problems) = engine.check_at(&tree, &now).unwrap();
        let checked = checked.unwrap_or_else(|| panic!("{problems:?}"));
        let table = engine.query_text(query, &now).unwrap();
        let expected: Vec<Vec<serde_json::Value>> = table
            .rows
            .iter()
            .map(|row| row.iter().map(json).collect())
            .collect();
        let mut rows = engine.run(&checked, &now).unwrap();
        let columns = rows.columns.clone();
        let (mut out, mut first) = (Vec::new(), true);
        engine.block_on(async {
            while let Some(batch) = futures::StreamExt::next(&mut rows.batches).await {
                append(&batch.unwrap(), &columns, &mut first, &mut out).unwrap();
            }
        });
        let text = format!("[{}]", String::from_utf8(out).unwrap());
        assert!(!text.contains(['\u{202e}', '\u{9b}']), "{text}");
        let found: Vec<Vec<serde_json::Value>> = serde_json::from_str(&text).unwrap();
        assert_eq!(found, expected);
        assert_eq!(found.len(), 3);
    }
}
