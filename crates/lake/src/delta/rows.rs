//! Rows of tables that are not events: written as they come, read as a table.
//!
//! In: a spec and a batch of Arrow rows. Out: a commit, which carries the number of an application if it has one, so
//! that the same rows are not written twice. Dead letters are such rows; alerts, incidents and the audit of
//! containment are others.

use std::collections::HashSet;
use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{
    ArrayRef, BooleanArray, Int64Array, RecordBatch, StringViewArray, TimestampMicrosecondArray,
    new_null_array,
};
use arrow_schema::{Field, Schema};
use arrow_select::filter::filter_record_batch;
use datafusion::catalog::TableProvider;
use datafusion::datasource::empty::EmptyTable;
use keyline_trail::Problems;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::arrow::{ArrowWriter, ProjectionMask};
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;

use super::Lake;
use super::day::Day;
use super::day_files::bytes_of;
use super::derived::Derived;
use super::known::days_of;
use super::spec::{TableSpec, dead_letters, events};
use super::store::cannot;
use super::table::{Change, Committed, Table, TableFile, columns_tag};
use crate::error::Error;
use crate::gathering::times_of;
use crate::known_tables::known_table;
use crate::parquet_read::listing;
use crate::parquet_text::ZSTD_LEVEL;

/// A source and what was wrong with it.
pub(crate) type Letter = (String, Problems);

impl Lake {
    /// Adds rows to a table, which is made if it is not there; whether they were added. With a mark, the name of an
    /// application and a number that rises, they are added once only, however often they are handed over. Blocks.
    pub fn append(
        &self,
        spec: &TableSpec,
        rows: &RecordBatch,
        mark: Option<(&str, i64)>,
    ) -> Result<bool, Error> {
        let mut table = Table::open_or_make(self.store(), spec.clone())?;
        table.append(rows, mark)
    }

    /// The number that an application has reached in a table. Blocks.
    pub fn mark(&self, spec: &TableSpec, application: &str) -> Result<Option<i64>, Error> {
        match Table::open(self.store(), spec.clone())? {
            Some(table) => table.mark(application),
            None => Ok(None),
        }
    }

    /// The texts that a column of a table holds. Blocks.
    pub fn texts(&self, spec: &TableSpec, column: &str) -> Result<HashSet<String>, Error> {
        let mut all = HashSet::new();
        let Some(table) = Table::open(self.store(), spec.clone())? else {
            return Ok(all);
        };
        for file in table.files()? {
            let path = self
                .store()
                .fetched(&table.name_of(&file.path), file.bytes)?;
            let file = File::open(&path).map_err(|error| cannot("read", &path, &error))?;
            let builder = ParquetRecordBatchReaderBuilder::try_new(file)?;
            let schema = builder.parquet_schema();
            let leaf = schema.columns().iter().position(|it| it.name() == column);
            let mask = ProjectionMask::leaves(schema, leaf);
            for rows in builder.with_projection(mask).build()? {
                let rows = rows?;
                let texts = rows.column_by_name(column);
                let texts = texts.and_then(|texts| texts.as_string_view_opt());
                let texts = texts.into_iter().flatten().flatten();
                all.extend(texts.map(str::to_owned));
            }
        }
        Ok(all)
    }

    /// The rows of a table as they are now, with the columns of the spec; what a file lacks is null. Blocks.
    pub fn rows(&self, spec: &TableSpec) -> Result<Vec<RecordBatch>, Error> {
        let mut all = Vec::new();
        let Some(table) = Table::open(self.store(), spec.clone())? else {
            return Ok(all);
        };
        for file in table.files()? {
            let path = self
                .store()
                .fetched(&table.name_of(&file.path), file.bytes)?;
            let file = File::open(&path).map_err(|error| cannot("read", &path, &error))?;
            for rows in ParquetRecordBatchReaderBuilder::try_new(file)?.build()? {
                let rows = rows?;
                let columns = spec.columns.fields().iter().map(|field| {
                    let held = rows.column_by_name(field.name()).cloned();
                    held.unwrap_or_else(|| new_null_array(field.data_type(), rows.num_rows()))
                });
                let nullable = spec.columns.fields().iter().map(|field| {
                    let field = field.as_ref().clone();
                    field.with_nullable(true)
                });
                let schema = Arc::new(Schema::new(nullable.collect::<Vec<_>>()));
                all.push(RecordBatch::try_new(schema, columns.collect())?);
            }
        }
        Ok(all)
    }

    /// All rows of a table as they are now; none where the table is not there. Blocks.
    pub fn table(&self, spec: &TableSpec) -> Result<Arc<dyn TableProvider>, Error> {
        let files = match Table::open(self.store(), spec.clone())? {
            Some(table) => table.files()?,
            None => Vec::new(),
        };
        if files.is_empty() {
            return Ok(Arc::new(EmptyTable::new(spec.columns.clone())));
        }
        let paths = files.iter().map(|file| {
            let name = format!("{}/{}", spec.name, file.path);
            self.store().fetched(&name, file.bytes)
        });
        listing(&paths.collect::<Result<Vec<_>, _>>()?, spec.columns.clone())
    }
}

/// A table of the lake that is not the one of events, for queries.
#[derive(Debug, Clone)]
pub struct StoredTable {
    pub name: String,
    /// Names, and types as KQL spells them.
    pub columns: Vec<(String, &'static str)>,
    pub provider: Arc<dyn TableProvider>,
    /// Where it was made of the events.
    pub derived: Option<Derived>,
}

impl Lake {
    /// The tables besides that of events, as they are now. Blocks.
    pub fn stored_tables(&self) -> Result<Vec<StoredTable>, Error> {
        let mut all = Vec::new();
        for name in self.table_names()? {
            if name == events().name {
                continue;
            }
            let spec = TableSpec::whole(&name, Arc::new(Schema::empty()));
            let Some(table) = Table::open(self.store(), spec)? else {
                continue;
            };
            let fields = table.fields()?;
            // What is kept as text may be dynamic: where Sentinel has the table, its types hold.
            let known = known_table(&name);
            let type_of = |name: &str, own: &'static str| {
                let columns = known.map(|table| table.columns.iter());
                let known = columns.and_then(|mut columns| columns.find(|it| it.name == name));
                known.map_or(own, |column| column.kql_type)
            };
            let columns = fields
                .iter()
                .map(|(field, own)| (field.name().clone(), type_of(field.name(), own)));
            let columns = columns.collect();
            let fields: Vec<Field> = fields.into_iter().map(|(field, _)| field).collect();
            let spec = TableSpec::whole(&name, Arc::new(Schema::new(fields)));
            all.push(StoredTable {
                derived: Derived::of(&table)?,
                columns,
                provider: self.table(&spec)?,
                name,
            });
        }
        Ok(all)
    }
}

impl Table {
    /// Adds rows; whether they were added.
    pub(crate) fn append(
        &mut self,
        rows: &RecordBatch,
        mark: Option<(&str, i64)>,
    ) -> Result<bool, Error> {
        let mut add = Vec::new();
        if rows.num_rows() > 0 {
            match self.spec.time {
                None => add.push(self.write(None, rows)?),
                Some(_) => {
                    for day in days_of(rows) {
                        add.push(self.write(day, &rows_of(rows, day)?)?);
                    }
                }
            }
        }
        let mark = mark.map(|(application, number)| (application.to_owned(), number));
        let change = Change {
            add,
            mark,
            ..Change::default()
        };
        Ok(self.commit(change)? == Committed::Done)
    }

    pub(crate) fn write(&self, day: Option<Day>, rows: &RecordBatch) -> Result<TableFile, Error> {
        let mut file = self.begin(day)?;
        file.add(rows)?;
        self.finish(file)
    }

    /// A file of rows, which come one batch after the other.
    pub(crate) fn begin(&self, day: Option<Day>) -> Result<Rows, Error> {
        let path = TableFile::new_path(&self.spec, day, "rows");
        let draft = self.store().draft(&self.name_of(&path))?;
        Ok(Rows {
            day,
            path,
            draft,
            writer: None,
            rows: 0,
            span: None,
            columns: String::new(),
        })
    }

    /// Closes a file of rows; it is on disk then.
    pub(crate) fn finish(&self, file: Rows) -> Result<TableFile, Error> {
        if let Some(writer) = file.writer {
            writer.close()?;
        }
        self.store()
            .publish(&self.name_of(&file.path), &file.draft)?;
        let (first, last) = file.span.unzip();
        Ok(TableFile {
            path: file.path,
            day: file.day,
            bytes: bytes_of(&file.draft)?,
            rows: file.rows,
            first,
            last,
            accounts: Vec::new(),
            regions: Vec::new(),
            raw_record: false,
            columns: file.columns,
            compacted: false,
        })
    }
}

/// A file of rows that is being written.
pub(crate) struct Rows {
    day: Option<Day>,
    path: String,
    draft: PathBuf,
    writer: Option<ArrowWriter<File>>,
    rows: u64,
    span: Option<(i64, i64)>,
    columns: String,
}

impl Rows {
    pub(crate) fn add(&mut self, rows: &RecordBatch) -> Result<(), Error> {
        let writer = match &mut self.writer {
            Some(writer) => writer,
            none => {
                let draft = &self.draft;
                let file = private(draft).map_err(|error| cannot("write", draft, &error))?;
                let properties = WriterProperties::builder()
                    .set_compression(Compression::ZSTD(ZstdLevel::try_new(ZSTD_LEVEL)?))
                    .build();
                self.columns = columns_tag(&rows.schema());
                none.insert(ArrowWriter::try_new(file, rows.schema(), Some(properties))?)
            }
        };
        writer.write(rows)?;
        self.rows += rows.num_rows() as u64;
        for time in times_of(rows).into_iter().flatten().flatten() {
            let (first, last) = self.span.unwrap_or((time, time));
            self.span = Some((first.min(time), last.max(time)));
        }
        Ok(())
    }
}

fn private(path: &std::path::Path) -> std::io::Result<File> {
    let mut options = File::options();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(path)
}

fn rows_of(rows: &RecordBatch, day: Option<Day>) -> Result<RecordBatch, Error> {
    let Some(times) = times_of(rows) else {
        return Ok(rows.clone());
    };
    let kept = times.iter().map(|time| Some(time.map(Day::of) == day));
    Ok(filter_record_batch(rows, &BooleanArray::from_iter(kept))?)
}

/// The rows of the table `DeadLetter` for a batch; none where all was well.
pub(crate) fn letters_of(
    batch: i64,
    now: i64,
    letters: Vec<Letter>,
) -> Result<Option<RecordBatch>, Error> {
    let all: Vec<(String, &'static str, u64, String)> = letters
        .into_iter()
        .flat_map(|(source, problems)| {
            let problems: Vec<_> = problems.iter().collect();
            problems.into_iter().map(move |problem| {
                let name = problem.kind.name();
                (source.clone(), name, problem.count, problem.example)
            })
        })
        // What is no log is none of this table's business.
        .filter(|(_, kind, _, _)| !kind.starts_with("passed-over"))
        .collect();
    if all.is_empty() {
        return Ok(None);
    }
    let times = TimestampMicrosecondArray::from(vec![now; all.len()]).with_timezone("UTC");
    let columns: Vec<ArrayRef> = vec![
        Arc::new(times),
        Arc::new(Int64Array::from(vec![batch; all.len()])),
        Arc::new(StringViewArray::from_iter_values(
            all.iter().map(|row| &row.0),
        )),
        Arc::new(StringViewArray::from_iter_values(
            all.iter().map(|row| row.1),
        )),
        Arc::new(Int64Array::from_iter_values(
            all.iter().map(|row| row.2 as i64),
        )),
        Arc::new(StringViewArray::from_iter_values(
            all.iter().map(|row| &row.3),
        )),
    ];
    Ok(Some(RecordBatch::try_new(dead_letters().columns, columns)?))
}
