//! Any bytes as a log file: no panic, as many rows as events, and the same rows however the bytes arrive.
#![no_main]

use std::ops::ControlFlow;

use keyline_trail::{FileReport, ReadOptions, Reader};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let (whole, report) = rows(|reader, sink| reader.read(bytes, sink));
    assert_eq!(whole, report.events);
    let (pieces, streamed) = rows(|reader, sink| reader.read_stream(&mut &bytes[..], sink));
    assert_eq!(pieces, streamed.events);
    // How much of a corrupt gzip stream comes out depends on how it is read.
    if !bytes.starts_with(&[0x1f, 0x8b]) {
        assert_eq!(whole, pieces);
    }
});

/// How many rows came out, each column's text checked, and the report.
fn rows(read: impl FnOnce(&mut Reader, &mut keyline_trail::Sink<'_>) -> FileReport) -> (u64, FileReport) {
    let mut rows = 0;
    let mut sink = |batch: keyline_trail::Batch| {
        rows += batch.rows.num_rows() as u64;
        assert_eq!(batch.identities.len(), batch.rows.num_rows());
        for column in batch.rows.columns() {
            column.to_data().validate_full().expect("columns are valid Arrow");
        }
        ControlFlow::Continue(())
    };
    let mut reader = Reader::new(&ReadOptions::default());
    let report = read(&mut reader, &mut sink);
    let _ = reader.finish(&mut sink);
    (rows, report)
}
