//! Files of events for a batch, one for each day.
//!
//! In: batches of rows with the identity of each, from several threads. Out: Parquet files that nobody sees until a
//! commit names them. A thread encodes what it has as it comes, with row groups of its own for each day that it
//! has met lately; the group of the day that was met longest ago is written when it has too many of them. Rows come
//! nearly sorted, for files are read by the time of their delivery; a compaction sorts them.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use arrow_array::cast::AsArray;
use arrow_array::{ArrayRef, BooleanArray, Int64Array, RecordBatch};
use arrow_schema::SchemaRef;
use arrow_select::filter::filter_record_batch;
use keyline_lineage::minted;
use keyline_trail::{Batch, Column, Coverage};

use super::day::Day;
use super::known::days_of;
use super::spec::TableSpec;
use super::store::Store;
use super::table::{TableFile, columns_tag};
use crate::error::Error;
use crate::gathering::times_of;
use crate::identities::stored;
use crate::limits;
use crate::parquet_read::describe;
use crate::parquet_write::{Groups, ParquetFile, write_apart};

/// The files of one batch, while they are written.
pub(crate) struct DayFiles<'a> {
    store: &'a Store,
    spec: &'a TableSpec,
    schema: SchemaRef,
    raw_record: bool,
    what: String,
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    days: BTreeMap<Option<Day>, Arc<DayFile>>,
    closed: Vec<TableFile>,
    /// Everything that was begun, to be removed if it comes to nothing.
    begun: Vec<PathBuf>,
}

/// A file of one day, while it is written.
pub(crate) struct DayFile {
    day: Option<Day>,
    /// Relative to the table.
    path: String,
    pub(crate) draft: PathBuf,
    columns: String,
    file: ParquetFile,
    summary: Mutex<Summary>,
}

/// What is in a file.
#[derive(Debug, Clone, Default)]
pub(crate) struct Summary {
    first: Option<i64>,
    last: Option<i64>,
    accounts: BTreeSet<String>,
    regions: BTreeSet<String>,
}

/// What one thread has under way.
#[derive(Default)]
pub(crate) struct Part {
    days: HashMap<Option<Day>, DayPart>,
    /// Counts the batches, to know which day was met longest ago.
    clock: u64,
    rows: usize,
}

struct DayPart {
    file: Arc<DayFile>,
    groups: Groups,
    rows: usize,
    met: u64,
}

impl<'a> DayFiles<'a> {
    pub(crate) fn new(
        store: &'a Store,
        spec: &'a TableSpec,
        schema: SchemaRef,
        what: String,
    ) -> DayFiles<'a> {
        DayFiles {
            store,
            spec,
            raw_record: schema.field_with_name(Column::RawRecord.name()).is_ok(),
            schema,
            what,
            open: Mutex::default(),
        }
    }

    /// Adds rows with what they are known by.
    pub(crate) fn add(&self, part: &mut Part, batch: &Batch) -> Result<(), Error> {
        if batch.rows.num_rows() == 0 {
            return Ok(());
        }
        let (ids, events): (Vec<i64>, Vec<i64>) = batch
            .identities
            .iter()
            .map(|identity| {
                let (id, event) = stored(*identity);
                (id as i64, event as i64)
            })
            .unzip();
        let mut columns = batch.rows.columns().to_vec();
        columns.push(Arc::new(Int64Array::from(ids)) as ArrayRef);
        columns.push(Arc::new(Int64Array::from(events)));
        columns.extend(minted(&batch.rows).map(|column| Arc::new(column) as ArrayRef));
        let rows = RecordBatch::try_new(self.schema.clone(), columns)?;
        self.add_rows(part, &rows)
    }

    /// Adds rows that have all columns of a file.
    pub(crate) fn add_rows(&self, part: &mut Part, rows: &RecordBatch) -> Result<(), Error> {
        let days = days_of(rows);
        if days.len() == 1 {
            return self.add_day(part, *days.iter().next().expect("there is one"), rows);
        }
        for day in days {
            self.add_day(part, day, &rows_of(rows, day)?)?;
        }
        Ok(())
    }

    fn add_day(&self, part: &mut Part, day: Option<Day>, rows: &RecordBatch) -> Result<(), Error> {
        part.clock += 1;
        let clock = part.clock;
        let own = match part.days.entry(day) {
            Entry::Occupied(own) => own.into_mut(),
            Entry::Vacant(place) => place.insert(DayPart {
                file: self.file(day)?,
                groups: Groups::default(),
                rows: 0,
                met: clock,
            }),
        };
        own.met = clock;
        own.rows += rows.num_rows();
        part.rows += rows.num_rows();
        own.file.write(&mut own.groups, rows)?;
        while part.days.len() > limits::OPEN_DAYS_MAX
            || (part.days.len() > 1 && part.rows > limits::ROW_GROUP_ROWS)
        {
            let oldest = part.days.iter().min_by_key(|(_, day)| day.met);
            let Some(oldest) = oldest.map(|(day, _)| *day) else {
                break;
            };
            self.flush(part, oldest)?;
        }
        if part.days.len() == 1 && part.rows > limits::ROW_GROUP_ROWS {
            // Full groups were written by themselves.
            part.rows = 0;
            part.days.values_mut().for_each(|day| day.rows = 0);
        }
        Ok(())
    }

    fn flush(&self, part: &mut Part, day: Option<Day>) -> Result<(), Error> {
        let Some(own) = part.days.remove(&day) else {
            return Ok(());
        };
        part.rows = part.rows.saturating_sub(own.rows);
        own.file.append(own.groups)
    }

    /// The file of a day. When too many are open, those that no thread writes into are closed.
    fn file(&self, day: Option<Day>) -> Result<Arc<DayFile>, Error> {
        let mut open = self.open.lock().expect("no holder of the lock panics");
        if let Some(file) = open.days.get(&day) {
            return Ok(file.clone());
        }
        if open.days.len() >= limits::OPEN_FILES_MAX {
            let idle: Vec<Option<Day>> = open
                .days
                .iter()
                .filter(|(_, file)| Arc::strong_count(file) == 1)
                .map(|(day, _)| *day)
                .collect();
            for day in idle {
                let file = open.days.remove(&day).expect("it was just seen");
                let closed = self.close(&file)?;
                open.closed.push(closed);
            }
        }
        let file = DayFile::begin(self.store, self.spec, self.schema.clone(), day, &self.what)?;
        open.begun.push(file.draft.clone());
        let file = Arc::new(file);
        open.days.insert(day, file.clone());
        Ok(file)
    }

    fn close(&self, file: &DayFile) -> Result<TableFile, Error> {
        Ok(TableFile {
            raw_record: self.raw_record,
            ..file.finish(self.store, self.spec)?
        })
    }

    /// Closes all files; they are on disk then.
    pub(crate) fn finish(&self, parts: Vec<Part>) -> Result<Vec<TableFile>, Error> {
        for mut part in parts {
            let days: Vec<Option<Day>> = part.days.keys().copied().collect();
            for day in days {
                self.flush(&mut part, day)?;
            }
        }
        let mut open = self.open.lock().expect("no holder of the lock panics");
        for file in std::mem::take(&mut open.days).into_values() {
            let closed = self.close(&file)?;
            open.closed.push(closed);
        }
        open.begun.clear();
        let mut files = std::mem::take(&mut open.closed);
        files.sort_by(|one, other| one.path.cmp(&other.path));
        Ok(files)
    }
}

impl DayFile {
    /// Begins a file of one day, which nobody sees until a commit names it.
    pub(crate) fn begin(
        store: &Store,
        spec: &TableSpec,
        schema: SchemaRef,
        day: Option<Day>,
        what: &str,
    ) -> Result<DayFile, Error> {
        let path = TableFile::new_path(spec, day, what);
        let draft = store.draft(&format!("{}/{path}", spec.name))?;
        let columns = columns_tag(&schema);
        let file = ParquetFile::create_buffered(&draft, schema, limits::DAY_FILE_BUFFER_BYTES)?;
        Ok(DayFile {
            day,
            path,
            draft,
            columns,
            file,
            summary: Mutex::default(),
        })
    }

    pub(crate) fn write(&self, groups: &mut Groups, rows: &RecordBatch) -> Result<(), Error> {
        let mut summary = self.summary.lock().expect("no holder of the lock panics");
        summary.add(rows);
        drop(summary);
        write_apart(&self.file, groups, rows)
    }

    /// Writes the row groups under way.
    pub(crate) fn append(&self, groups: Groups) -> Result<(), Error> {
        self.file.append(groups.deeds)?;
        self.file.append(groups.others)
    }

    /// Closes the file; it is on disk then.
    pub(crate) fn finish(&self, store: &Store, spec: &TableSpec) -> Result<TableFile, Error> {
        let rows = self.file.rows();
        let summary = self.summary.lock().expect("no holder of the lock panics");
        self.file.close(describe(&Coverage {
            first_event: summary.first,
            last_event: summary.last,
            accounts: summary.accounts.clone(),
            regions: summary.regions.clone(),
            ..Coverage::default()
        }))?;
        store.publish(&format!("{}/{}", spec.name, self.path), &self.draft)?;
        Ok(TableFile {
            path: self.path.clone(),
            day: self.day,
            bytes: bytes_of(&self.draft)?,
            rows,
            first: summary.first,
            last: summary.last,
            accounts: summary.accounts.iter().cloned().collect(),
            regions: summary.regions.iter().cloned().collect(),
            raw_record: false,
            columns: self.columns.clone(),
            compacted: false,
        })
    }
}

impl Drop for DayFiles<'_> {
    /// What was begun and not finished goes.
    fn drop(&mut self) {
        if let Ok(open) = self.open.get_mut() {
            for path in &open.begun {
                let _ = std::fs::remove_file(path);
            }
        }
    }
}

impl Summary {
    pub(crate) fn add(&mut self, rows: &RecordBatch) {
        if let Some(times) = times_of(rows) {
            for time in times.iter().flatten() {
                self.first = Some(self.first.map_or(time, |first| first.min(time)));
                self.last = Some(self.last.map_or(time, |last| last.max(time)));
            }
        }
        for (column, set) in [
            (Column::RecipientAccountId, &mut self.accounts),
            (Column::AWSRegion, &mut self.regions),
        ] {
            let values = rows.column_by_name(column.name());
            let Some(values) = values.and_then(|values| values.as_string_view_opt()) else {
                continue;
            };
            let mut last = "";
            for value in values.iter().flatten() {
                let is_new = value != last && !value.is_empty() && !value.contains(',');
                if is_new && set.len() < limits::LISTED_MAX && !set.contains(value) {
                    set.insert(value.to_owned());
                }
                last = value;
            }
        }
    }
}

fn rows_of(rows: &RecordBatch, day: Option<Day>) -> Result<RecordBatch, Error> {
    let Some(times) = times_of(rows) else {
        return Ok(rows.clone());
    };
    let kept = times.iter().map(|time| Some(time.map(Day::of) == day));
    Ok(filter_record_batch(rows, &BooleanArray::from_iter(kept))?)
}

pub(crate) fn bytes_of(path: &Path) -> Result<u64, Error> {
    let meta = std::fs::metadata(path);
    meta.map(|meta| meta.len())
        .map_err(|error| super::store::cannot("read", path, &error))
}
