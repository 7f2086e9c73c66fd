//! Events that the lake holds already.
//!
//! In: rows of a batch. Out: which of them are copies of rows of the table, by the hashes that stand in its files.
//! A copy has the same time as its original, so that the files of its day are looked through, once, when the first
//! row of that day comes. What was found out is kept from batch to batch, in bounded memory, until another writer
//! changes the table.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fs::File;
use std::path::Path;
use std::sync::{Mutex, RwLock};

use arrow_array::RecordBatch;
use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::day::Day;
use super::store::Store;
use super::table::TableFile;
use crate::error::{Error, ErrorKind, scratch};
use crate::gathering::times_of;
use crate::identities::Identities;
use crate::parquet_write::HASHES;
use crate::pass::Stored;

/// The files of a table by their day: name in the lake and size.
type FilesByDay = HashMap<Option<Day>, Vec<(String, u64)>>;

/// The known events of the days that were asked for.
#[derive(Debug)]
pub(crate) struct Known {
    identities: Identities,
    store: Store,
    files: RwLock<FilesByDay>,
    /// The days whose files were looked through.
    loaded: RwLock<HashSet<Option<Day>>>,
    loading: Mutex<()>,
    /// Where identities may be spilled.
    _scratch: tempfile::TempDir,
}

impl Known {
    pub(crate) fn new(store: &Store, memory_bytes: u64) -> Result<Known, Error> {
        let folder = tempfile::Builder::new().prefix("keyline-").tempdir();
        let folder = folder.map_err(scratch)?;
        Ok(Known {
            identities: Identities::new(folder.path(), "known", memory_bytes),
            store: store.clone(),
            files: RwLock::default(),
            loaded: RwLock::default(),
            loading: Mutex::new(()),
            _scratch: folder,
        })
    }

    /// The files that there are now. Those of days that were looked through hold nothing new.
    pub(crate) fn over(&self, table: &str, files: &[TableFile]) {
        let mut by_day: HashMap<Option<Day>, Vec<(String, u64)>> = HashMap::new();
        for file in files {
            let name = format!("{table}/{}", file.path);
            by_day.entry(file.day).or_default().push((name, file.bytes));
        }
        *self.files.write().expect("no holder of the lock panics") = by_day;
    }

    fn is_loaded(&self, day: Option<Day>) -> bool {
        let loaded = self.loaded.read().expect("no holder of the lock panics");
        loaded.contains(&day)
    }

    fn load(&self, day: Option<Day>) -> Result<(), Error> {
        // Whoever comes second waits: its rows may be copies too.
        let _loading = self.loading.lock().expect("no holder of the lock panics");
        if self.is_loaded(day) {
            return Ok(());
        }
        let files = self.files.read().expect("no holder of the lock panics");
        for (name, bytes) in files.get(&day).into_iter().flatten() {
            self.load_file(&self.store.fetched(name, *bytes)?)?;
        }
        drop(files);
        let mut loaded = self.loaded.write().expect("no holder of the lock panics");
        loaded.insert(day);
        Ok(())
    }

    fn load_file(&self, path: &Path) -> Result<(), Error> {
        for (id, event) in hashes_of(path)? {
            self.identities.note_stored(id, event)?;
        }
        Ok(())
    }
}

impl Stored for Known {
    fn identities(&self) -> &Identities {
        &self.identities
    }

    fn prepare(&self, rows: &RecordBatch) -> Result<(), Error> {
        for day in days_of(rows) {
            if !self.is_loaded(day) {
                self.load(day)?;
            }
        }
        Ok(())
    }
}

/// The days of rows.
pub(crate) fn days_of(rows: &RecordBatch) -> BTreeSet<Option<Day>> {
    let Some(times) = times_of(rows) else {
        return BTreeSet::new();
    };
    let mut days = BTreeSet::new();
    let mut last = None;
    for time in times {
        let day = time.map(Day::of);
        if last != Some(day) {
            days.insert(day);
            last = Some(day);
        }
    }
    days
}

/// The hashes in a file of events.
pub(crate) fn hashes_of(path: &Path) -> Result<Vec<(u64, u64)>, Error> {
    let failed = |why: &dyn std::fmt::Display| {
        Error::new(
            ErrorKind::Internal,
            format!("cannot read `{}` of the lake: {why}", path.display()),
        )
    };
    let file = File::open(path).map_err(|error| failed(&error))?;
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(|error| failed(&error))?;
    let schema = builder.parquet_schema();
    let leaves = schema.columns().iter().enumerate();
    let leaves: Vec<usize> = leaves
        .filter(|(_, column)| HASHES.contains(&column.name()))
        .map(|(leaf, _)| leaf)
        .collect();
    if leaves.len() != HASHES.len() {
        return Err(failed(&"it has no hashes of its events"));
    }
    let mask = ProjectionMask::leaves(schema, leaves);
    let reader = builder
        .with_projection(mask)
        .with_batch_size(crate::limits::PAGE_ROWS)
        .build()
        .map_err(|error| failed(&error))?;
    let mut all = Vec::new();
    for rows in reader {
        let rows = rows.map_err(|error| failed(&error))?;
        let column = |name: &str| {
            let column = rows.column_by_name(name);
            column.and_then(|column| column.as_primitive_opt::<Int64Type>())
        };
        let [Some(ids), Some(events)] = HASHES.map(column) else {
            return Err(failed(&"its hashes are no whole numbers"));
        };
        let pairs = ids.values().iter().zip(events.values());
        all.extend(pairs.map(|(id, event)| (*id as u64, *event as u64)));
    }
    Ok(all)
}
