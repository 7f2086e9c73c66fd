//! Reading for tests: rows as text, problems as text.

use std::io::Write;
use std::ops::ControlFlow;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, TimestampMicrosecondType};
use arrow_array::{Array, RecordBatch};
use arrow_schema::DataType;
use keyline_trail::time::format_time;
use keyline_trail::{Batch, Column, FileReport, Projection, ReadOptions, Reader, read};

/// Batches and the report of one file, read whole.
pub fn batches(bytes: &[u8], options: &ReadOptions) -> (Vec<Batch>, FileReport) {
    let mut batches = Vec::new();
    let report = read(bytes, options, &mut |batch| {
        batch
            .rows
            .columns()
            .iter()
            .for_each(|column| column.to_data().validate_full().unwrap());
        batches.push(batch);
        ControlFlow::Continue(())
    });
    (batches, report)
}

/// The same, read piece by piece.
pub fn streamed(mut input: impl std::io::Read, options: &ReadOptions) -> (Vec<Batch>, FileReport) {
    let mut batches = Vec::new();
    let mut sink = |batch| {
        batches.push(batch);
        ControlFlow::Continue(())
    };
    let mut reader = Reader::new(options);
    let report = reader.read_stream(&mut input, &mut sink);
    let _ = reader.finish(&mut sink);
    (batches, report)
}

pub fn options(columns: &[Column]) -> ReadOptions {
    ReadOptions {
        projection: Projection::of(columns),
        ..ReadOptions::default()
    }
}

/// Every row as `value | value`, null as `null`.
pub fn rows(batches: &[Batch]) -> Vec<String> {
    batches
        .iter()
        .flat_map(|batch| (0..batch.rows.num_rows()).map(|row| show(&batch.rows, row)))
        .collect()
}

fn show(batch: &RecordBatch, row: usize) -> String {
    let cells = batch.columns().iter().map(|column| {
        if column.is_null(row) {
            return "null".to_owned();
        }
        match column.data_type() {
            DataType::Utf8View => column.as_string_view().value(row).to_owned(),
            DataType::Boolean => column.as_boolean().value(row).to_string(),
            DataType::Float64 => column.as_primitive::<Float64Type>().value(row).to_string(),
            _ => format_time(column.as_primitive::<TimestampMicrosecondType>().value(row)),
        }
    });
    cells.collect::<Vec<_>>().join(" | ")
}

/// The report's problems as `kind count`.
pub fn problems(report: &FileReport) -> Vec<String> {
    report
        .problems
        .iter()
        .map(|problem| format!("{} {}", problem.kind.name(), problem.count))
        .collect()
}

/// Reads text whole, as gz and piece by piece: each must give these rows of `columns` and these problems.
pub fn check(
    text: impl AsRef<[u8]>,
    columns: &[Column],
    expected: &[&str],
    expected_problems: &[&str],
) {
    let text = text.as_ref();
    let options = options(columns);
    let shown = String::from_utf8_lossy(&text[..text.len().min(300)]).into_owned();
    let forms = [
        ("whole", batches(text, &options)),
        ("gz", batches(&gz(text), &options)),
        ("streamed", streamed(text, &options)),
        ("streamed byte by byte", streamed(OneByOne(text), &options)),
    ];
    for (form, (batches, report)) in forms {
        assert_eq!(rows(&batches), expected, "{form}: {shown}");
        assert_eq!(
            problems(&report),
            expected_problems,
            "{form}: {shown}\n{:?}",
            report.problems
        );
    }
}

/// gzip of some text.
pub fn gz(text: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

/// A reader that gives a few bytes at a time.
pub struct OneByOne<'a>(pub &'a [u8]);

impl std::io::Read for OneByOne<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.0.len().min(buffer.len()).min(7);
        buffer[..count].copy_from_slice(&self.0[..count]);
        self.0 = &self.0[count..];
        Ok(count)
    }
}
