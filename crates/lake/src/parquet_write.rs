//! Writes the events of log files to one Parquet file.
//!
//! In: logs and a path. Out: a file with all typed columns (the raw record where the logs keep it),
//! zstd(1), whose metadata say what it is and what was read. Each thread reads, types and encodes
//! row groups of its own and appends them whole, so nothing waits in between. Files are taken in
//! the order of their paths, which in the S3 layout follows time, so row groups cover short spans
//! and the statistics of `TimeGenerated` prune; rows are not sorted beyond that.

use std::fs::File;
use std::io::BufWriter;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use keyline_trail::{Column, Coverage, Projection, schema::arrow_schema};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::{
    ArrowColumnChunk, ArrowColumnWriter, ArrowRowGroupWriterFactory, compute_leaves,
};
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::ColumnPath;

use crate::error::{Error, ErrorKind};
use crate::limits;
use crate::logs::{Logs, RawRecord};
use crate::parquet_read::describe;
use crate::pass::{Counting, Pass};

/// What was written.
#[derive(Debug, Clone)]
pub struct Written {
    pub rows: u64,
    pub bytes: u64,
    pub coverage: Coverage,
}

/// Writes the events to `path`, which appears only when it is complete. Blocks.
pub fn write_parquet(logs: &Logs, path: &Path) -> Result<Written, Error> {
    let logs = logs.inner();
    let mut columns = Projection::all();
    if logs.options.raw_record == RawRecord::Keep {
        columns = columns.with(Column::RawRecord);
    }
    let partial = partial_path(path);
    let create = |error: std::io::Error| {
        Error::new(
            ErrorKind::Io,
            format!("cannot write `{}`: {error}", path.display()),
        )
    };
    let mut addenda = logs.known_survey().map(|survey| survey.addenda.clone());
    loop {
        let known = addenda.is_some();
        let pass = logs.pass(logs.read_options(columns), Counting::Everything, addenda);
        let file = ParquetFile::create(&partial, arrow_schema(&columns))?;
        let sinks = logs.run(
            &pass,
            |_| RowGroup::default(),
            |pass: &Pass, group| write_rows(pass, &file, group),
        );
        let written = sinks.and_then(|groups| {
            groups
                .into_iter()
                .try_for_each(|group| file.append(group))?;
            let coverage = pass.coverage();
            file.close(describe(&coverage))?;
            Ok(coverage)
        });
        let coverage = match written {
            Ok(coverage) => coverage,
            Err(error) => {
                let _ = std::fs::remove_file(&partial);
                return Err(error);
            }
        };
        if !known && pass.addenda_met() > 0 {
            // Some record patches another one: what was written may lack the patch.
            addenda = Some(logs.survey()?.addenda.clone());
            continue;
        }
        if !known {
            logs.adopt(coverage);
        }
        let coverage = logs.survey()?.coverage.clone();
        std::fs::rename(&partial, path).map_err(create)?;
        let bytes = std::fs::metadata(path).map_err(create)?.len();
        let rows = file.rows();
        return Ok(Written {
            rows,
            bytes,
            coverage,
        });
    }
}

fn write_rows(pass: &Pass, file: &ParquetFile, group: &mut RowGroup) -> Result<(), Error> {
    let mut failed = None;
    pass.work(&mut |batch| match file.write(group, &batch.rows) {
        Ok(()) => ControlFlow::Continue(()),
        Err(error) => {
            failed = Some(error);
            ControlFlow::Break(())
        }
    })?;
    failed.map_or(Ok(()), Err)
}

/// A Parquet file that several threads append row groups to.
pub(crate) struct ParquetFile {
    schema: SchemaRef,
    factory: ArrowRowGroupWriterFactory,
    open: Mutex<Option<Open>>,
}

struct Open {
    writer: SerializedFileWriter<BufWriter<File>>,
    rows: u64,
}

/// A row group under way, of one thread.
#[derive(Default)]
pub(crate) struct RowGroup {
    columns: Vec<ArrowColumnWriter>,
    rows: usize,
}

impl ParquetFile {
    pub(crate) fn create(path: &Path, schema: SchemaRef) -> Result<ParquetFile, Error> {
        let failed = |error: std::io::Error| {
            Error::new(
                ErrorKind::Io,
                format!("cannot write `{}`: {error}", path.display()),
            )
        };
        let mut options = File::options();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt;
            options.mode(0o600);
        }
        let file = BufWriter::with_capacity(1 << 20, options.open(path).map_err(failed)?);
        let writer = ArrowWriter::try_new(file, schema.clone(), Some(properties()?))?;
        let (writer, factory) = writer.into_serialized_writer()?;
        Ok(ParquetFile {
            schema,
            factory,
            open: Mutex::new(Some(Open { writer, rows: 0 })),
        })
    }

    /// Encodes rows, and appends the row group when it is full.
    pub(crate) fn write(&self, group: &mut RowGroup, rows: &RecordBatch) -> Result<(), Error> {
        if group.columns.is_empty() {
            group.columns = self.factory.create_column_writers(0)?;
        }
        let mut writers = group.columns.iter_mut();
        for (field, column) in self.schema.fields().iter().zip(rows.columns()) {
            for leaf in compute_leaves(field, column)? {
                let writer = writers.next().expect("there is a writer for each leaf");
                writer.write(&leaf)?;
            }
        }
        group.rows += rows.num_rows();
        if group.rows >= limits::ROW_GROUP_ROWS {
            self.append(std::mem::take(group))?;
        }
        Ok(())
    }

    pub(crate) fn append(&self, group: RowGroup) -> Result<(), Error> {
        if group.rows == 0 {
            return Ok(());
        }
        let chunks: Vec<ArrowColumnChunk> = group
            .columns
            .into_iter()
            .map(ArrowColumnWriter::close)
            .collect::<Result<_, _>>()?;
        let mut open = self.open.lock().expect("no holder of the lock panics");
        let open = open.as_mut().expect("the file is closed once, at the end");
        let mut out = open.writer.next_row_group()?;
        for chunk in chunks {
            chunk.append_to_row_group(&mut out)?;
        }
        out.close()?;
        open.rows += group.rows as u64;
        Ok(())
    }

    pub(crate) fn close(&self, metadata: Vec<(String, String)>) -> Result<(), Error> {
        let mut open = self.open.lock().expect("no holder of the lock panics");
        let open = open.as_mut().expect("the file is closed once, at the end");
        for (key, value) in metadata {
            open.writer
                .append_key_value_metadata(KeyValue::new(key, value));
        }
        open.writer.finish()?;
        std::io::Write::flush(open.writer.inner_mut())
            .map_err(|error| Error::new(ErrorKind::Io, format!("cannot write: {error}")))
    }

    pub(crate) fn rows(&self) -> u64 {
        let open = self.open.lock().expect("no holder of the lock panics");
        open.as_ref().map_or(0, |open| open.rows)
    }
}

fn properties() -> Result<WriterProperties, Error> {
    let zstd = Compression::ZSTD(ZstdLevel::try_new(1)?);
    let mut properties = WriterProperties::builder()
        .set_compression(zstd)
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_statistics_truncate_length(Some(64))
        .set_created_by(format!("keyline {}", env!("CARGO_PKG_VERSION")))
        .set_column_statistics_enabled(
            ColumnPath::from(Column::TimeGenerated.name()),
            EnabledStatistics::Page,
        );
    // Nearly every value differs: a dictionary is built in vain, and the bounds say nothing.
    for column in [
        Column::AwsEventId,
        Column::AwsRequestId_,
        Column::RequestParameters,
        Column::ResponseElements,
        Column::AdditionalEventData,
        Column::Resources,
        Column::RawRecord,
    ] {
        let path = ColumnPath::from(column.name());
        properties = properties
            .set_column_dictionary_enabled(path.clone(), false)
            .set_column_statistics_enabled(path, EnabledStatistics::None);
    }
    Ok(properties.build())
}

fn partial_path(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.partial", std::process::id()));
    path.with_file_name(name)
}

/// Keeps the compiler's promise that threads may share a file.
const _: fn() = || {
    fn shared<T: Sync>() {}
    shared::<Arc<ParquetFile>>();
};
