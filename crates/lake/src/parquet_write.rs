//! Writes the events of log files to one Parquet file.
//!
//! In: logs and a path. Out: a file with all typed columns (the raw record where the logs keep it),
//! zstd(1), whose metadata say what it is and what was read. Each thread reads, types and encodes
//! row groups of its own and appends them whole, so nothing waits in between. Files are taken by the
//! time of their delivery, so row groups cover short spans and the statistics of `TimeGenerated`
//! prune, as the filter of `UserIdentityAccessKeyId` does. Events that mint or change credentials stand
//! in row groups of their own (`parquet_groups.rs`); rows are not sorted beyond that. How columns of
//! strings are encoded is in `parquet_text.rs`.

use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use arrow_array::cast::AsArray;
use arrow_array::{ArrayRef, BooleanArray, RecordBatch};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use arrow_select::filter::filter_record_batch;
use bytes::Bytes;
use keyline_lineage::{MINTED, Outline, minted};
use keyline_trail::{Column, Coverage, Projection, schema::arrow_schema};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::{
    ArrowColumnChunk, ArrowColumnWriter, ArrowRowGroupWriterFactory, compute_leaves,
};
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::column::writer::ColumnCloseResult;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::{ColumnDescPtr, ColumnPath};

use crate::error::{Error, ErrorKind};
use crate::limits;
use crate::logs::{Logs, RawRecord};
use crate::parquet_groups;
use crate::parquet_read::describe;
use crate::parquet_text::{LookUp, Nature, TextChunk, Tools, Values, ZSTD_LEVEL};
use crate::pass::{Counting, Pass};

/// The columns by which the lake knows an event again: of account and id, and of these and the content.
pub(crate) const HASHES: [&str; 2] = ["_IdHash", "_EventHash"];

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
        let mut read = logs.read_options(columns);
        read.batch_rows = limits::WRITE_BATCH_ROWS;
        let pass = logs.pass(read, Counting::Everything, addenda).by_time();
        let file = ParquetFile::create(&partial, telling_minted(&arrow_schema(&columns)))?;
        let sinks = logs.run(
            &pass,
            |_| Groups::default(),
            |pass: &Pass, groups| write_rows(pass, &file, groups),
        );
        let written = sinks.and_then(|sinks| {
            for groups in sinks {
                file.append(groups.deeds)?;
                file.append(groups.others)?;
            }
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
        if pass.starts_again() {
            // What was written may lack a patch, or hold two copies of one event.
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

/// The row groups under way, of one thread.
pub(crate) struct Groups {
    pub(crate) deeds: RowGroup,
    pub(crate) others: RowGroup,
}

impl Default for Groups {
    fn default() -> Self {
        Groups {
            deeds: RowGroup::of_deeds(),
            others: RowGroup::default(),
        }
    }
}

fn write_rows(pass: &Pass, file: &ParquetFile, groups: &mut Groups) -> Result<(), Error> {
    pass.try_work(&mut |batch| write_apart(file, groups, &with_minted(&batch.rows)?))
}

/// The columns of rows and those that tell what was minted.
pub(crate) fn telling_minted(columns: &Schema) -> SchemaRef {
    let minted = MINTED.map(|name| Arc::new(Field::new(name, DataType::Int64, true)));
    let fields = columns.fields().iter().cloned().chain(minted);
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

/// Rows with the columns that tell what was minted.
fn with_minted(rows: &RecordBatch) -> Result<RecordBatch, Error> {
    let columns = rows.columns().iter().cloned();
    let minted = minted(rows).map(|column| Arc::new(column) as ArrayRef);
    let schema = telling_minted(&rows.schema());
    Ok(RecordBatch::try_new(
        schema,
        columns.chain(minted).collect(),
    )?)
}

/// Writes rows to where they belong.
pub(crate) fn write_apart(
    file: &ParquetFile,
    groups: &mut Groups,
    rows: &RecordBatch,
) -> Result<(), Error> {
    let deeds = Outline::deeds(rows);
    match deeds.true_count() {
        0 => file.write(&mut groups.others, rows),
        number if number == rows.num_rows() => file.write(&mut groups.deeds, rows),
        _ => {
            file.write(&mut groups.deeds, &filter_record_batch(rows, &deeds)?)?;
            let others = BooleanArray::from(!deeds.values());
            file.write(&mut groups.others, &filter_record_batch(rows, &others)?)
        }
    }
}

/// A Parquet file that several threads append row groups to.
pub(crate) struct ParquetFile {
    schema: SchemaRef,
    /// The columns of strings, which are encoded here, with what is known of them.
    texts: Vec<Option<(ColumnDescPtr, Nature)>>,
    /// Makes the encoders of all others.
    factory: ArrowRowGroupWriterFactory,
    open: Mutex<Option<Open>>,
}

struct Open {
    writer: SerializedFileWriter<BufWriter<File>>,
    rows: u64,
    groups: usize,
    /// The groups of deeds, by their number, with their rows.
    deeds: Vec<(usize, usize)>,
}

/// A row group under way, of one thread.
#[derive(Default)]
pub(crate) struct RowGroup {
    columns: Vec<Encoder>,
    rows: usize,
    tools: Option<Tools>,
    /// It holds deeds, and no other rows.
    is_of_deeds: bool,
}

impl RowGroup {
    fn of_deeds() -> RowGroup {
        RowGroup {
            is_of_deeds: true,
            ..RowGroup::default()
        }
    }

    fn is_full(&self) -> bool {
        self.rows
            >= match self.is_of_deeds {
                true => limits::DEED_GROUP_ROWS,
                false => limits::ROW_GROUP_ROWS,
            }
    }
}

enum Encoder {
    Text(Box<TextChunk>),
    Other(Box<ArrowColumnWriter>),
}

enum Encoded {
    Text(Bytes, Box<ColumnCloseResult>),
    Other(Box<ArrowColumnChunk>),
}

impl ParquetFile {
    pub(crate) fn create(path: &Path, schema: SchemaRef) -> Result<ParquetFile, Error> {
        ParquetFile::create_buffered(path, schema, limits::PARQUET_BUFFER_BYTES)
    }

    /// The same with so many bytes that wait to be written.
    pub(crate) fn create_buffered(
        path: &Path,
        schema: SchemaRef,
        buffer_bytes: usize,
    ) -> Result<ParquetFile, Error> {
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
        let file = BufWriter::with_capacity(buffer_bytes, options.open(path).map_err(failed)?);
        let writer = ArrowWriter::try_new(file, schema.clone(), Some(properties()?))?;
        let (writer, factory) = writer.into_serialized_writer()?;
        let descriptions = writer.schema_descr().columns().iter().cloned();
        let texts = schema
            .fields()
            .iter()
            .zip(descriptions)
            .map(|(field, description)| match field.data_type() {
                DataType::Utf8View if !field.is_nullable() => {
                    Some((description, nature(field.name())))
                }
                _ => None,
            })
            .collect();
        Ok(ParquetFile {
            schema,
            texts,
            factory,
            open: Mutex::new(Some(Open {
                writer,
                rows: 0,
                groups: 0,
                deeds: Vec::new(),
            })),
        })
    }

    /// Encodes rows, and appends the row group when it is full.
    pub(crate) fn write(&self, group: &mut RowGroup, rows: &RecordBatch) -> Result<(), Error> {
        if group.columns.is_empty() {
            group.columns = self.encoders()?;
        }
        let tools = match &mut group.tools {
            Some(tools) => tools,
            none => none.insert(Tools::new()?),
        };
        let fields = self.schema.fields().iter().zip(rows.columns());
        for (encoder, (field, column)) in group.columns.iter_mut().zip(fields) {
            match encoder {
                Encoder::Text(chunk) => chunk.write(column.as_string_view(), tools)?,
                Encoder::Other(writer) => {
                    for leaf in compute_leaves(field, column)? {
                        writer.write(&leaf)?;
                    }
                }
            }
        }
        group.rows += rows.num_rows();
        if group.is_full() {
            self.append_rows(group)?;
        }
        Ok(())
    }

    pub(crate) fn append(&self, mut group: RowGroup) -> Result<(), Error> {
        self.append_rows(&mut group)
    }

    /// Appends the rows of a group, which starts again empty.
    fn append_rows(&self, group: &mut RowGroup) -> Result<(), Error> {
        let rows = std::mem::take(&mut group.rows);
        let columns = std::mem::take(&mut group.columns);
        let Some(tools) = group.tools.as_mut().filter(|_| rows > 0) else {
            return Ok(());
        };
        let encoded = columns
            .into_iter()
            .map(|encoder| {
                Ok(match encoder {
                    Encoder::Text(chunk) => {
                        let (bytes, closed) = chunk.close(tools)?;
                        Encoded::Text(bytes, Box::new(closed))
                    }
                    Encoder::Other(writer) => Encoded::Other(Box::new(writer.close()?)),
                })
            })
            .collect::<Result<Vec<_>, Error>>()?;
        let mut open = self.open.lock().expect("no holder of the lock panics");
        let open = open.as_mut().expect("the file is closed once, at the end");
        let mut out = open.writer.next_row_group()?;
        for column in encoded {
            match column {
                Encoded::Text(bytes, closed) => out.append_column(&bytes, *closed)?,
                Encoded::Other(chunk) => chunk.append_to_row_group(&mut out)?,
            }
        }
        out.close()?;
        if group.is_of_deeds {
            open.deeds.push((open.groups, rows));
        }
        open.groups += 1;
        open.rows += rows as u64;
        Ok(())
    }

    fn encoders(&self) -> Result<Vec<Encoder>, Error> {
        let writers = self.factory.create_column_writers(0)?;
        let encoders = self.texts.iter().zip(writers);
        Ok(encoders
            .map(|(text, writer)| match text {
                Some((description, nature)) => {
                    Encoder::Text(Box::new(TextChunk::new(description.clone(), *nature)))
                }
                None => Encoder::Other(Box::new(writer)),
            })
            .collect())
    }

    pub(crate) fn close(&self, metadata: Vec<(String, String)>) -> Result<(), Error> {
        let mut open = self.open.lock().expect("no holder of the lock panics");
        let open = open.as_mut().expect("the file is closed once, at the end");
        for (key, value) in metadata
            .into_iter()
            .chain([parquet_groups::describe(&open.deeds)])
        {
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

/// What is looked for by its value, among many: a key, who used one, from where, and what was called.
const LOOKED_UP: [Column; 4] = [
    Column::UserIdentityAccessKeyId,
    Column::UserIdentityPrincipalid,
    Column::SourceIpAddress,
    Column::EventName,
];

/// What is known of the column of that name.
fn nature(name: &str) -> Nature {
    let differs = [
        Column::AwsEventId,
        Column::AwsRequestId_,
        Column::SharedEventId,
        Column::RawRecord,
    ];
    let is = |column: &Column| column.name() == name;
    Nature {
        values: match differs.iter().any(is) {
            true => Values::Differ,
            false => Values::Repeat,
        },
        look_up: match LOOKED_UP.iter().any(is) {
            true => LookUp::Filter,
            false => LookUp::Bounds,
        },
    }
}

fn properties() -> Result<WriterProperties, Error> {
    let zstd = Compression::ZSTD(ZstdLevel::try_new(ZSTD_LEVEL)?);
    let mut builder = WriterProperties::builder();
    for hash in HASHES.into_iter().chain(MINTED) {
        // Nothing repeats in them, and nothing can be pressed out of them.
        builder = builder
            .set_column_dictionary_enabled(ColumnPath::from(hash), false)
            .set_column_compression(ColumnPath::from(hash), Compression::UNCOMPRESSED)
            .set_column_statistics_enabled(ColumnPath::from(hash), EnabledStatistics::None);
    }
    Ok(builder
        .set_compression(zstd)
        .set_data_page_row_count_limit(limits::PAGE_ROWS)
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_created_by(format!("keyline {}", env!("CARGO_PKG_VERSION")))
        .set_column_statistics_enabled(
            ColumnPath::from(Column::TimeGenerated.name()),
            EnabledStatistics::Page,
        )
        // Times hardly repeat, and differ little from one to the next.
        .set_column_dictionary_enabled(ColumnPath::from(Column::TimeGenerated.name()), false)
        .set_column_encoding(
            ColumnPath::from(Column::TimeGenerated.name()),
            Encoding::DELTA_BINARY_PACKED,
        )
        .build())
}

/// Where a file stands while this process writes it.
pub fn partial_path(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.partial", std::process::id()));
    path.with_file_name(name)
}

/// Keeps the compiler's promise that threads may share a file.
const _: fn() = || {
    fn shared<T: Sync>() {}
    shared::<Arc<ParquetFile>>();
};

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use arrow_array::{ArrayRef, StringViewArray, TimestampMicrosecondArray};
    use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
    use parquet::file::properties::ReaderProperties;
    use parquet::file::reader::{FileReader, SerializedFileReader};
    use parquet::file::serialized_reader::ReadOptionsBuilder;

    use super::*;

    /// One column without a dictionary, one with, one with a filter too, and a time.
    const COLUMNS: [Column; 3] = [
        Column::AwsEventId,
        Column::EventSource,
        Column::UserIdentityAccessKeyId,
    ];

    fn batch(schema: &SchemaRef, values: &[String]) -> RecordBatch {
        let texts: ArrayRef = Arc::new(StringViewArray::from_iter_values(values));
        let times: Vec<Option<i64>> = (0..values.len() as i64)
            .map(|n| (n % 5 > 0).then_some(n))
            .collect();
        let times = TimestampMicrosecondArray::from(times).with_timezone("UTC");
        let columns = schema
            .fields()
            .iter()
            .map(|field| match field.data_type() {
                DataType::Utf8View => texts.clone(),
                _ => Arc::new(times.clone()) as ArrayRef,
            })
            .collect();
        RecordBatch::try_new(schema.clone(), columns).unwrap()
    }

    /// Writes the values in batches into each of the columns, and reads them and what is said of them.
    #[track_caller]
    fn check(values: &[String]) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.parquet");
        let schema = arrow_schema(&Projection::of(&COLUMNS).with(Column::TimeGenerated));
        let file = ParquetFile::create(&path, schema.clone()).unwrap();
        let mut group = RowGroup::default();
        for values in values.chunks(1_000) {
            file.write(&mut group, &batch(&schema, values)).unwrap();
        }
        file.append(group).unwrap();
        file.close(Vec::new()).unwrap();

        let rows = ParquetRecordBatchReaderBuilder::try_new(File::open(&path).unwrap()).unwrap();
        assert_eq!(rows.schema().fields(), schema.fields());
        let mut at = 0;
        for rows in rows.with_batch_size(777).build().unwrap() {
            let rows = rows.unwrap();
            for column in COLUMNS {
                let found = rows.column_by_name(column.name()).unwrap().as_string_view();
                let found: Vec<&str> = found.iter().map(Option::unwrap).collect();
                assert_eq!(found, values[at..at + found.len()], "{column:?}");
            }
            at += rows.num_rows();
        }
        assert_eq!(at, values.len());

        let options = ReadOptionsBuilder::new()
            .with_reader_properties(
                ReaderProperties::builder()
                    .set_read_bloom_filter(true)
                    .build(),
            )
            .build();
        let file =
            SerializedFileReader::new_with_options(File::open(&path).unwrap(), options).unwrap();
        let mut rest = values;
        for (number, group) in file.metadata().row_groups().iter().enumerate() {
            let (own, others) = rest.split_at(group.num_rows() as usize);
            rest = others;
            let own: BTreeSet<&str> = own.iter().map(String::as_str).collect();
            for (at, chunk) in group.columns().iter().enumerate() {
                let name = chunk.column_path().string();
                let Some(statistics) = chunk.statistics() else {
                    assert_eq!(name, Column::AwsEventId.name());
                    continue;
                };
                if name == Column::TimeGenerated.name() {
                    continue;
                }
                let least = statistics.min_bytes_opt().unwrap();
                assert!(least <= own.first().unwrap().as_bytes() && least.len() <= 64);
                if let Some(greatest) = statistics.max_bytes_opt() {
                    assert!(own.last().unwrap().as_bytes() <= greatest && greatest.len() <= 64);
                }
                let filter = file.get_row_group(number).unwrap();
                let filter = filter.get_column_bloom_filter(at);
                assert_eq!(
                    filter.is_some(),
                    name == Column::UserIdentityAccessKeyId.name()
                );
                assert!(own.iter().all(|it| filter.is_none_or(|f| f.check(*it))));
            }
        }
    }

    fn texts(rows: usize, text: impl Fn(usize) -> String) -> Vec<String> {
        (0..rows).map(text).collect()
    }

    #[test]
    fn values_come_back() {
        check(&texts(1, |_| String::new()));
        check(&texts(3_000, |_| "the same".to_owned()));
        check(&texts(20_000, |n| format!("one of a few {}", n * n % 7)));
        // Runs, and more values than a thread remembers at a time.
        check(&texts(40_000, |n| format!("{}", n / 30 % 900)));
        // More than a row group.
        check(&texts(limits::ROW_GROUP_ROWS + 5, |n| {
            (n % 300).to_string()
        }));
    }

    #[test]
    fn a_dictionary_that_does_not_pay_is_given_up() {
        check(&texts(60_000, |n| format!("{n} {}", "x".repeat(n % 50))));
    }

    #[test]
    fn long_values_have_short_bounds() {
        check(&texts(2_000, |n| "é".repeat(n % 100) + &n.to_string()));
        check(&texts(2_000, |n| "a".repeat(200) + &n.to_string()));
    }
}
