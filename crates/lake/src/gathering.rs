//! Gathering the rows of a cut on several threads.
//!
//! In: batches, a few at a time, each thread with a part of its own. Out: all rows sorted by
//! `TimeGenerated`, then `AwsEventId`, then their place in the logs, in memory, or where that would be more than the memory's share
//! in sorted Parquet files.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use arrow_array::cast::AsArray;
use arrow_array::types::{Int64Type, TimestampMicrosecondType};
use arrow_array::{Array, Int64Array, RecordBatch, StringViewArray, TimestampMicrosecondArray};
use arrow_schema::SchemaRef;
use arrow_select::interleave::interleave_record_batch;
use keyline_trail::Column;

use crate::error::{Error, ErrorKind};
use crate::limits;
use crate::logs::Inner;
use crate::parquet_write::{ParquetFile, RowGroup};

/// The column that says which needs want a row.
pub(crate) const WANTED_BY: &str = "__wanted_by";

/// The column of a cut that says where in the logs a row comes from.
pub const ROW: &str = "__row";

/// Where the rows lie.
pub(crate) enum Rows {
    /// Sorted batches with the times of their first and last rows; a null time sorts first.
    Memory(Vec<TimedBatch>),
    /// Parquet files, each sorted.
    Spilled(Vec<PathBuf>),
}

#[derive(Debug, Clone)]
pub(crate) struct TimedBatch {
    pub(crate) rows: RecordBatch,
    pub(crate) first: i64,
    pub(crate) last: i64,
}

impl TimedBatch {
    /// Of rows that are sorted by time.
    pub(crate) fn new(rows: RecordBatch) -> TimedBatch {
        let time = |row: usize| {
            let times = times_of(&rows)?;
            times.is_valid(row).then(|| times.value(row))
        };
        let first = time(0).unwrap_or(i64::MIN);
        let last = time(rows.num_rows() - 1).unwrap_or(i64::MIN);
        TimedBatch { first, last, rows }
    }
}

/// The rows that one thread has gathered.
#[derive(Default)]
pub(crate) struct Part {
    batches: Vec<RecordBatch>,
    bytes: u64,
}

/// The gathering of all threads.
pub(crate) struct Gathering {
    logs: Arc<Inner>,
    /// Of the gathered batches.
    schema: SchemaRef,
    /// What the threads hold together.
    bytes: AtomicU64,
    spilled: Mutex<Vec<PathBuf>>,
}

/// Numbers the spilled files.
static SPILLS: AtomicU64 = AtomicU64::new(0);

impl Gathering {
    pub(crate) fn new(logs: Arc<Inner>, schema: SchemaRef) -> Gathering {
        Gathering {
            logs,
            schema,
            bytes: AtomicU64::new(0),
            spilled: Mutex::default(),
        }
    }

    pub(crate) fn add(&self, part: &mut Part, rows: RecordBatch) -> Result<(), Error> {
        let bytes = rows.get_array_memory_size() as u64;
        part.batches.push(rows);
        part.bytes += bytes;
        let bytes_max = self.logs.options.memory_bytes / limits::CUT_MEMORY_SHARE;
        let together = self.bytes.fetch_add(bytes, Ordering::Relaxed) + bytes;
        // The thread that has its fair share spills; another one may have to take its turn first.
        if together > bytes_max && part.bytes * self.logs.threads() as u64 >= bytes_max {
            self.spill(part)?;
        }
        Ok(())
    }

    /// Writes what one thread holds as one sorted file.
    fn spill(&self, part: &mut Part) -> Result<(), Error> {
        let batches = std::mem::take(&mut part.batches);
        self.bytes
            .fetch_sub(std::mem::take(&mut part.bytes), Ordering::Relaxed);
        let number = SPILLS.fetch_add(1, Ordering::Relaxed);
        let path = self
            .logs
            .scratch
            .path()
            .join(format!("cut-{number}.parquet"));
        // Who wants a row is of use in memory only.
        let fields = self.schema.fields();
        let kept: Vec<usize> = (0..fields.len())
            .filter(|at| fields[*at].name() != WANTED_BY)
            .collect();
        let schema = Arc::new(self.schema.project(&kept)?);
        let file = ParquetFile::create(&path, schema)?;
        let mut group = RowGroup::default();
        sorted(&batches, |rows| {
            file.write(&mut group, &rows.project(&kept)?)
        })?;
        file.append(group)?;
        file.close(Vec::new())?;
        self.spilled
            .lock()
            .expect("no holder of the lock panics")
            .push(path);
        Ok(())
    }

    pub(crate) fn finish(self, parts: Vec<Part>) -> Result<Rows, Error> {
        let any_spilled = !self
            .spilled
            .lock()
            .expect("no holder of the lock panics")
            .is_empty();
        if any_spilled {
            for mut part in parts {
                if !part.batches.is_empty() {
                    self.spill(&mut part)?;
                }
            }
            return Ok(Rows::Spilled(
                self.spilled
                    .into_inner()
                    .expect("no holder of the lock panics"),
            ));
        }
        let batches: Vec<RecordBatch> = parts.into_iter().flat_map(|part| part.batches).collect();
        let mut timed = Vec::new();
        sorted(&batches, |rows| {
            timed.push(TimedBatch::new(rows));
            Ok(())
        })?;
        Ok(Rows::Memory(timed))
    }
}

/// Hands over the rows of all batches in the order of time and event id.
fn sorted(
    batches: &[RecordBatch],
    mut out: impl FnMut(RecordBatch) -> Result<(), Error>,
) -> Result<(), Error> {
    type Keys<'a> = (
        &'a TimestampMicrosecondArray,
        &'a StringViewArray,
        &'a Int64Array,
    );
    let keys: Vec<Keys<'_>> = batches
        .iter()
        .map(|rows| Some((times_of(rows)?, ids_of(rows)?, places_of(rows)?)))
        .collect::<Option<_>>()
        .ok_or_else(|| {
            let message = "a cut holds time, id and place of each event";
            Error::new(ErrorKind::Internal, message)
        })?;
    let mut order: Vec<(i64, u32, u32)> = Vec::new();
    for (number, (times, _, _)) in keys.iter().enumerate() {
        for row in 0..times.len() {
            let time = if times.is_valid(row) {
                times.value(row)
            } else {
                i64::MIN
            };
            order.push((time, number as u32, row as u32));
        }
    }
    order.sort_unstable_by(|one, other| {
        let id = |at: &(i64, u32, u32)| keys[at.1 as usize].1.value(at.2 as usize);
        // Events without an id are told apart by where they stand, whichever thread read them.
        let place = |at: &(i64, u32, u32)| keys[at.1 as usize].2.value(at.2 as usize);
        let by_id = || id(one).cmp(id(other));
        let by_place = || place(one).cmp(&place(other));
        one.0.cmp(&other.0).then_with(by_id).then_with(by_place)
    });
    let all: Vec<&RecordBatch> = batches.iter().collect();
    for chunk in order.chunks(limits::CUT_BATCH_ROWS) {
        // Only the batches that a chunk draws on, for a view column keeps hold of all its sources.
        let mut used: Vec<u32> = chunk.iter().map(|place| place.1).collect();
        used.sort_unstable();
        used.dedup();
        let sources: Vec<&RecordBatch> = used.iter().map(|number| all[*number as usize]).collect();
        let places: Vec<(usize, usize)> = chunk
            .iter()
            .map(|place| {
                (
                    used.partition_point(|number| *number < place.1),
                    place.2 as usize,
                )
            })
            .collect();
        out(interleave_record_batch(&sources, &places)?)?;
    }
    Ok(())
}

pub(crate) fn times_of(rows: &RecordBatch) -> Option<&TimestampMicrosecondArray> {
    let column = rows.column_by_name(Column::TimeGenerated.name())?;
    column.as_primitive_opt::<TimestampMicrosecondType>()
}

fn places_of(rows: &RecordBatch) -> Option<&Int64Array> {
    rows.column_by_name(ROW)?.as_primitive_opt::<Int64Type>()
}

fn ids_of(rows: &RecordBatch) -> Option<&StringViewArray> {
    rows.column_by_name(Column::AwsEventId.name())?
        .as_string_view_opt()
}
