//! Rows of the lake's own tables as values: written column by column, read cell by cell.
//!
//! In: what a row is made of and how each column is got of it. Out: Arrow rows; and back. What the columns mean is
//! known where the rows are made.

use std::sync::Arc;

use anyhow::Result;
use arrow_array::cast::AsArray;
use arrow_array::types::{Int32Type, Int64Type, TimestampMicrosecondType};
use arrow_array::{
    Array, ArrayRef, BooleanArray, Float64Array, Int32Array, Int64Array, RecordBatch,
    StringViewArray, TimestampMicrosecondArray, new_null_array,
};
use arrow_schema::{DataType, SchemaRef};
use serde::Serialize;
use serde_json::Value;

use crate::data::TICKS_PER_MICROSECOND;
use crate::units::parse_instant;

/// A value of a column.
pub enum Cell {
    Text(String),
    /// Microseconds since 1970.
    Time(Option<i64>),
    Number(i64),
    Real(f64),
    Bool(bool),
    Nothing,
}

/// Rows with these columns; a text that is not said is empty, anything else null.
pub fn rows<R>(
    columns: &SchemaRef,
    all: &[&R],
    cell: impl Fn(&R, &str) -> Cell,
) -> Result<RecordBatch> {
    let arrays = columns.fields().iter().map(|field| -> ArrayRef {
        let cells = || all.iter().map(|row| cell(row, field.name()));
        match field.data_type() {
            DataType::Utf8View => {
                let texts = cells().map(|cell| match cell {
                    Cell::Text(text) => text,
                    _ => String::new(),
                });
                Arc::new(StringViewArray::from_iter_values(texts))
            }
            DataType::Timestamp(_, _) => {
                let times = cells().map(|cell| match cell {
                    Cell::Time(time) => time,
                    _ => None,
                });
                let times = times.collect::<TimestampMicrosecondArray>();
                Arc::new(times.with_timezone("UTC"))
            }
            DataType::Int64 => Arc::new(numbers(cells()).collect::<Int64Array>()),
            DataType::Int32 => {
                let numbers = numbers(cells());
                let small = numbers.map(|number| number.and_then(|it| i32::try_from(it).ok()));
                Arc::new(small.collect::<Int32Array>())
            }
            DataType::Float64 => {
                let reals = cells().map(|cell| match cell {
                    Cell::Real(real) => Some(real),
                    _ => None,
                });
                Arc::new(reals.collect::<Float64Array>())
            }
            DataType::Boolean => {
                let bools = cells().map(|cell| match cell {
                    Cell::Bool(is) => Some(is),
                    _ => None,
                });
                Arc::new(bools.collect::<BooleanArray>())
            }
            other => new_null_array(other, all.len()),
        }
    });
    Ok(RecordBatch::try_new(columns.clone(), arrays.collect())?)
}

fn numbers(cells: impl Iterator<Item = Cell>) -> impl Iterator<Item = Option<i64>> {
    cells.map(|cell| match cell {
        Cell::Number(number) => Some(number),
        _ => None,
    })
}

/// An instant as documents write it, in microseconds since 1970.
pub fn instant(text: &str) -> Option<i64> {
    let ticks = parse_instant(text).ok()?;
    Some(ticks.div_euclid(TICKS_PER_MICROSECOND))
}

pub fn time(text: &str) -> Cell {
    Cell::Time(instant(text))
}

pub fn text(text: impl AsRef<str>) -> Cell {
    Cell::Text(text.as_ref().to_owned())
}

pub fn optional(value: &Option<String>) -> Cell {
    text(value.as_deref().unwrap_or_default())
}

pub fn as_json(value: &impl Serialize) -> Cell {
    Cell::Text(serde_json::to_string(value).unwrap_or_default())
}

/// Reads cells by the name of their column; a column that is not there reads as nothing.
pub struct RowReader<'a>(&'a RecordBatch);

impl<'a> RowReader<'a> {
    pub fn new(rows: &'a RecordBatch) -> RowReader<'a> {
        RowReader(rows)
    }

    fn column(&self, name: &str, row: usize) -> Option<&'a ArrayRef> {
        let column = self.0.column_by_name(name)?;
        (!column.is_null(row)).then_some(column)
    }

    pub fn text(&self, name: &str, row: usize) -> String {
        let column = self.column(name, row);
        let texts = column.and_then(|column| column.as_string_view_opt());
        texts.map_or_else(String::new, |texts| texts.value(row).to_owned())
    }

    pub fn json(&self, name: &str, row: usize, otherwise: Value) -> Value {
        serde_json::from_str(&self.text(name, row)).unwrap_or(otherwise)
    }

    /// Microseconds since 1970.
    pub fn time(&self, name: &str, row: usize) -> Option<i64> {
        let column = self.column(name, row)?;
        let times = column.as_primitive_opt::<TimestampMicrosecondType>()?;
        Some(times.value(row))
    }

    pub fn number(&self, name: &str, row: usize) -> Option<i64> {
        let column = self.column(name, row)?;
        let wide = column.as_primitive_opt::<Int64Type>();
        let wide = wide.map(|numbers| numbers.value(row));
        let small = || column.as_primitive_opt::<Int32Type>();
        wide.or_else(|| small().map(|numbers| i64::from(numbers.value(row))))
    }
}
