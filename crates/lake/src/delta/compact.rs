//! Few large sorted files in place of many small ones.
//!
//! In: the lake and how much memory there is. Out: commits that put other files with the same rows in the place of a
//! day's files. Within a file rows are sorted by time and event id, those that mint or change credentials stand in
//! row groups of their own. A day that does not fit into memory is sorted a stretch of time after the other.
//! Who reads or writes at the same time is not disturbed; where two compact at once, one of them
//! finds its work done.

use std::collections::{BTreeMap, HashSet};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{Array, ArrayRef, BooleanArray, RecordBatch, StringViewArray, new_null_array};
use arrow_schema::{DataType, SchemaRef};
use arrow_select::interleave::interleave_record_batch;
use keyline_lineage::{MINTED, minted};
use keyline_trail::Column;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowPredicateFn, ArrowReaderOptions, ParquetRecordBatchReaderBuilder, RowFilter,
};
use parquet::file::metadata::PageIndexPolicy;

use super::Lake;
use super::day::Day;
use super::day_files::DayFile;
use super::spec::{TableSpec, event_columns, events};
use super::store::Store;
use super::table::{Change, Committed, Table, TableFile};
use crate::error::{Error, ErrorKind};
use crate::gathering::times_of;
use crate::limits;
use crate::parquet_write::{Groups, HASHES};

/// What a compaction did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Compacted {
    pub days: u64,
    pub files_before: u64,
    pub files_after: u64,
    pub rows: u64,
    pub bytes_before: u64,
    pub bytes_after: u64,
    /// Days that somebody else changed meanwhile; they are left for the next time.
    pub overtaken: u64,
}

/// Which files are put together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compacting {
    /// All of each day that has so many at least.
    Days(usize),
    /// Such of a day as are about of the same size, where there are so many at least: a large one waits until the small
    /// ones together are as large, so that a day that goes on is not written anew each time.
    Alike(usize),
}

impl Lake {
    /// Compacts the days of events that have several files to put together. Blocks.
    pub fn compact(
        &self,
        which: Compacting,
        threads: usize,
        memory_bytes: u64,
        progress: &(dyn Fn(u64, u64) + Sync),
    ) -> Result<Compacted, Error> {
        let Some(table) = Table::open(self.store(), events())? else {
            return Ok(Compacted::default());
        };
        let days = due(table.files()?, which);
        drop(table);
        let next = AtomicUsize::new(0);
        let threads = threads.clamp(1, days.len().max(1));
        let rows_max = memory_bytes / threads as u64 / limits::SORTED_ROW_BYTES;
        let work = || {
            let mut sum = Compacted::default();
            let mut written: Vec<Rewritten> = Vec::new();
            loop {
                let at = next.fetch_add(1, Ordering::Relaxed);
                let Some((day, files)) = days.get(at) else {
                    return Ok::<_, Error>(sum.and(commit(self.store(), written)?));
                };
                progress(at as u64, days.len() as u64);
                written.push(rewrite(self.store(), *day, files, rows_max.max(1))?);
                let rows: u64 = written.iter().map(|day| rows_of(&day.old)).sum();
                if written.len() >= limits::COMPACTED_DAYS_MAX || rows >= limits::COMPACTED_ROWS_MAX
                {
                    sum = sum.and(commit(self.store(), std::mem::take(&mut written))?);
                }
            }
        };
        std::thread::scope(|scope| {
            let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
            workers
                .into_iter()
                .map(|worker| match worker.join() {
                    Ok(sum) => sum,
                    Err(panic) => std::panic::resume_unwind(panic),
                })
                .try_fold(Compacted::default(), |sum, part| Ok(sum.and(part?)))
        })
    }
}

impl Compacted {
    fn and(self, other: Compacted) -> Compacted {
        Compacted {
            days: self.days + other.days,
            files_before: self.files_before + other.files_before,
            files_after: self.files_after + other.files_after,
            rows: self.rows + other.rows,
            bytes_before: self.bytes_before + other.bytes_before,
            bytes_after: self.bytes_after + other.bytes_after,
            overtaken: self.overtaken + other.overtaken,
        }
    }
}

/// The days with something to do, and the files that it is to be done with.
fn due(files: Vec<TableFile>, which: Compacting) -> Vec<(Option<Day>, Vec<TableFile>)> {
    let mut by_day: BTreeMap<Option<Day>, Vec<TableFile>> = BTreeMap::new();
    for file in files {
        // What is large and sorted stays as it is.
        if !file.compacted || file.bytes < limits::COMPACTED_BYTES_MAX / 2 {
            by_day.entry(file.day).or_default().push(file);
        }
    }
    let files_min = match which {
        Compacting::Days(files_min) => files_min,
        Compacting::Alike(files_min) => {
            let some = by_day.values_mut();
            some.for_each(|files| *files = alike(std::mem::take(files)));
            files_min
        }
    };
    by_day
        .into_iter()
        .filter(|(_, files)| {
            let is_sorted = files.len() == 1 && files[0].compacted;
            files.len() >= files_min.max(1) && !is_sorted
        })
        .collect()
}

/// The most files of which none is larger than twice all the smaller ones together.
fn alike(mut files: Vec<TableFile>) -> Vec<TableFile> {
    files.sort_by(|one, other| (one.bytes, &one.path).cmp(&(other.bytes, &other.path)));
    let mut best = 0..0;
    let mut from = 0;
    while from < files.len() {
        let mut sum = files[from].bytes;
        let mut until = from + 1;
        while files.get(until).is_some_and(|file| file.bytes / 2 <= sum) {
            sum += files[until].bytes;
            until += 1;
        }
        if until - from > best.len() {
            best = from..until;
        }
        // One that begins in between is part of this one, and shorter.
        from = until;
    }
    files.drain(best).collect()
}

/// A day whose files were written again, and not committed yet.
struct Rewritten {
    old: Vec<TableFile>,
    new: Vec<TableFile>,
    drafts: Drafts,
}

fn rewrite(
    store: &Store,
    day: Option<Day>,
    files: &[TableFile],
    rows_max: u64,
) -> Result<Rewritten, Error> {
    let spec = events();
    let raw_record = files.iter().any(|file| file.raw_record);
    let paths = files.iter().map(|file| {
        let name = format!("{}/{}", spec.name, file.path);
        store.fetched(&name, file.bytes)
    });
    let paths = paths.collect::<Result<Vec<PathBuf>, _>>()?;
    let mut out = Writing {
        store,
        spec: &spec,
        schema: event_columns(raw_record),
        day,
        open: None,
        done: Vec::new(),
        drafts: Drafts::default(),
    };
    let written = match day {
        // Without times there is nothing to sort by.
        None => paths
            .iter()
            .try_for_each(|path| rows_between(path, None, &mut |rows| out.add(&rows))),
        Some(day) => sort_day(&paths, day, rows_max, &mut out),
    };
    written?;
    out.close()?;
    let new: Vec<TableFile> = std::mem::take(&mut out.done)
        .into_iter()
        .map(|file| TableFile {
            raw_record,
            compacted: true,
            ..file
        })
        .collect();
    if rows_of(&new) != rows_of(files) {
        let message = format!(
            "compacting {} gave {} rows where {} were expected, and was given up; look with `keyline lake verify`",
            Day::part(day),
            rows_of(&new),
            rows_of(files)
        );
        return Err(Error::new(ErrorKind::Internal, message));
    }
    Ok(Rewritten {
        old: files.to_vec(),
        new,
        drafts: std::mem::take(&mut out.drafts),
    })
}

/// Puts the new files of some days in the place of the old ones.
fn commit(store: &Store, mut days: Vec<Rewritten>) -> Result<Compacted, Error> {
    let mut overtaken = 0;
    while !days.is_empty() {
        let Some(mut table) = Table::open(store, events())? else {
            break;
        };
        let there: HashSet<String> = table.files()?.into_iter().map(|file| file.path).collect();
        let before = days.len();
        days.retain(|day| day.old.iter().all(|file| there.contains(&file.path)));
        overtaken += (before - days.len()) as u64;
        if days.is_empty() {
            break;
        }
        let all = |files: fn(&Rewritten) -> &Vec<TableFile>| -> Vec<TableFile> {
            days.iter().flat_map(files).cloned().collect()
        };
        let (add, remove) = (all(|day| &day.new), all(|day| &day.old));
        let bytes = |files: &[TableFile]| files.iter().map(|file| file.bytes).sum::<u64>();
        let done = Compacted {
            days: days.len() as u64,
            files_before: remove.len() as u64,
            files_after: add.len() as u64,
            rows: rows_of(&add),
            bytes_before: bytes(&remove),
            bytes_after: bytes(&add),
            overtaken,
        };
        let committed = table.commit(Change {
            add,
            remove,
            moves_rows: true,
            ..Change::default()
        })?;
        if committed == Committed::Done {
            days.iter_mut().for_each(|day| day.drafts.0.clear());
            return Ok(done);
        }
    }
    Ok(Compacted {
        overtaken,
        ..Compacted::default()
    })
}

fn rows_of(files: &[TableFile]) -> u64 {
    files.iter().map(|file| file.rows).sum()
}

/// Sorts one stretch of time after the other, each of about as many rows as fit.
fn sort_day(
    paths: &[PathBuf],
    day: Day,
    rows_max: u64,
    out: &mut Writing<'_>,
) -> Result<(), Error> {
    let mut minutes = vec![0_u64; MINUTES + 1];
    for path in paths {
        count_minutes(path, day, &mut minutes)?;
    }
    let mut from = 0;
    while from < MINUTES {
        let mut rows = 0;
        let mut until = from;
        while until < MINUTES && (until == from || rows + minutes[until] <= rows_max) {
            rows += minutes[until];
            until += 1;
        }
        let span = (
            day.start() + from as i64 * MINUTE_US,
            day.start() + until as i64 * MINUTE_US,
        );
        // A minute that does not fit is written as it comes.
        let fits = rows <= rows_max.saturating_mul(2);
        let mut waiting = Vec::new();
        for path in paths.iter().filter(|_| rows > 0) {
            rows_between(path, Some(span), &mut |rows| match fits {
                true => {
                    waiting.push(conformed(&rows, &out.schema)?);
                    Ok(())
                }
                false => out.add(&rows),
            })?;
        }
        sorted(&waiting, &mut |rows| out.add(&rows))?;
        from = until;
    }
    Ok(())
}

const MINUTES: usize = 24 * 60;
const MINUTE_US: i64 = 60_000_000;

fn count_minutes(path: &Path, day: Day, minutes: &mut [u64]) -> Result<(), Error> {
    let builder = open(path)?;
    let mask = mask_of(&builder, &[Column::TimeGenerated.name()]);
    for rows in builder.with_projection(mask).build()? {
        for time in times_of(&rows?).into_iter().flatten().flatten() {
            let minute = (time - day.start()).div_euclid(MINUTE_US);
            let minute = usize::try_from(minute).map_or(MINUTES, |minute| minute.min(MINUTES));
            minutes[minute] += 1;
        }
    }
    Ok(())
}

/// Hands over the rows of a file, all or those of a span, the end of which is not part of it.
fn rows_between(
    path: &Path,
    span: Option<(i64, i64)>,
    out: &mut dyn FnMut(RecordBatch) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut builder = open(path)?.with_batch_size(limits::CUT_BATCH_ROWS);
    if let Some((from, until)) = span {
        let mask = mask_of(&builder, &[Column::TimeGenerated.name()]);
        let within = move |rows: RecordBatch| {
            let times = times_of(&rows).into_iter().flatten();
            let within = |time: i64| from <= time && time < until;
            Ok(times
                .map(|time| Some(time.is_some_and(within)))
                .collect::<BooleanArray>())
        };
        let filter = Box::new(ArrowPredicateFn::new(mask, within));
        builder = builder.with_row_filter(RowFilter::new(vec![filter]));
    }
    for rows in builder.build()? {
        let rows = rows?;
        if rows.num_rows() > 0 {
            out(rows)?;
        }
    }
    Ok(())
}

fn open(path: &Path) -> Result<ParquetRecordBatchReaderBuilder<File>, Error> {
    let failed = |why: &dyn std::fmt::Display| {
        let message = format!("cannot read `{}` of the lake: {why}", path.display());
        Error::new(ErrorKind::Internal, message)
    };
    let file = File::open(path).map_err(|error| failed(&error))?;
    let options = ArrowReaderOptions::new().with_page_index_policy(PageIndexPolicy::Optional);
    ParquetRecordBatchReaderBuilder::try_new_with_options(file, options)
        .map_err(|error| failed(&error))
}

fn mask_of(builder: &ParquetRecordBatchReaderBuilder<File>, names: &[&str]) -> ProjectionMask {
    let schema = builder.parquet_schema();
    let leaves = schema.columns().iter().enumerate();
    let leaves = leaves.filter(|(_, column)| names.contains(&column.name()));
    ProjectionMask::leaves(schema, leaves.map(|(leaf, _)| leaf))
}

/// The rows with the wanted columns. What was minted is told anew where it is not there; other texts that are not there
/// are empty, everything else is null.
fn conformed(rows: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch, Error> {
    if rows.schema_ref() == schema {
        return Ok(rows.clone());
    }
    let told = MINTED.map(|name| rows.column_by_name(name).is_some());
    let minted = (told != [true; MINTED.len()]).then(|| minted(rows));
    let minted = |name: &str| {
        let place = MINTED.iter().position(|minted| *minted == name)?;
        Some(Arc::new(minted.as_ref()?[place].clone()) as ArrayRef)
    };
    let columns = schema.fields().iter().map(|field| -> ArrayRef {
        let kept = rows.column_by_name(field.name()).cloned();
        match (minted(field.name()).or(kept), field.data_type()) {
            (Some(column), _) => column,
            (None, DataType::Utf8View) => {
                Arc::new(StringViewArray::from(vec![""; rows.num_rows()]))
            }
            (None, data_type) => new_null_array(data_type, rows.num_rows()),
        }
    });
    Ok(RecordBatch::try_new(schema.clone(), columns.collect())?)
}

/// Hands over the rows in the order of time, event id and content.
fn sorted(
    batches: &[RecordBatch],
    out: &mut dyn FnMut(RecordBatch) -> Result<(), Error>,
) -> Result<(), Error> {
    let lacking = || {
        Error::new(
            ErrorKind::Internal,
            "a file of events lacks a column to sort by",
        )
    };
    let mut keys = Vec::with_capacity(batches.len());
    for rows in batches {
        let ids = rows.column_by_name(Column::AwsEventId.name());
        let ids = ids.and_then(|ids| ids.as_string_view_opt());
        let hashes = rows.column_by_name(HASHES[1]);
        let hashes = hashes.and_then(|hashes| hashes.as_primitive_opt::<Int64Type>());
        let all = times_of(rows).zip(ids).zip(hashes);
        let ((times, ids), hashes) = all.ok_or_else(lacking)?;
        keys.push((times, ids, hashes));
    }
    let mut order: Vec<(i64, u32, u32)> = Vec::new();
    for (number, (times, _, _)) in keys.iter().enumerate() {
        let number = number as u32;
        order.extend((0..times.len()).map(|row| (times.value(row), number, row as u32)));
    }
    order.sort_unstable_by(|one, other| {
        let id = |at: &(i64, u32, u32)| keys[at.1 as usize].1.value(at.2 as usize);
        let hash = |at: &(i64, u32, u32)| keys[at.1 as usize].2.value(at.2 as usize);
        one.0
            .cmp(&other.0)
            .then_with(|| id(one).cmp(id(other)))
            .then_with(|| hash(one).cmp(&hash(other)))
    });
    for chunk in order.chunks(limits::WRITE_BATCH_ROWS) {
        // Only the batches that a chunk draws on, for a view column keeps hold of all its sources.
        let mut used: Vec<u32> = chunk.iter().map(|place| place.1).collect();
        used.sort_unstable();
        used.dedup();
        let sources: Vec<&RecordBatch> = used.iter().map(|at| &batches[*at as usize]).collect();
        let places = chunk.iter().map(|place| {
            let source = used.partition_point(|at| *at < place.1);
            (source, place.2 as usize)
        });
        out(interleave_record_batch(
            &sources,
            &places.collect::<Vec<_>>(),
        )?)?;
    }
    Ok(())
}

/// The new files of a day.
struct Writing<'a> {
    store: &'a Store,
    spec: &'a TableSpec,
    schema: SchemaRef,
    day: Option<Day>,
    open: Option<(DayFile, Groups, u64)>,
    done: Vec<TableFile>,
    drafts: Drafts,
}

/// Files that go if it comes to nothing.
#[derive(Default)]
struct Drafts(Vec<PathBuf>);

impl Writing<'_> {
    fn add(&mut self, rows: &RecordBatch) -> Result<(), Error> {
        let rows = conformed(rows, &self.schema)?;
        let too_large = self
            .open
            .as_ref()
            .is_some_and(|(_, _, rows)| *rows >= limits::COMPACTED_ROWS_MAX);
        if too_large {
            self.close()?;
        }
        if self.open.is_none() {
            let file = DayFile::begin(
                self.store,
                self.spec,
                self.schema.clone(),
                self.day,
                "compacted",
            )?;
            self.drafts.0.push(file.draft.clone());
            self.open = Some((file, Groups::default(), 0));
        }
        let Some((file, groups, count)) = &mut self.open else {
            return Ok(());
        };
        *count += rows.num_rows() as u64;
        file.write(groups, &rows)
    }

    fn close(&mut self) -> Result<(), Error> {
        if let Some((file, groups, _)) = self.open.take() {
            file.append(groups)?;
            self.done.push(file.finish(self.store, self.spec)?);
        }
        Ok(())
    }
}

impl Drop for Drafts {
    fn drop(&mut self) {
        for path in &self.0 {
            let _ = std::fs::remove_file(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sizes of the files of one day, and of those that are put together.
    #[track_caller]
    fn check(which: Compacting, sizes: &[u64], expected: &[u64]) {
        let file = |(number, bytes): (usize, &u64)| TableFile {
            path: format!("{number:04}"),
            day: Some(Day::of(0)),
            bytes: *bytes,
            rows: 1,
            first: None,
            last: None,
            accounts: Vec::new(),
            regions: Vec::new(),
            raw_record: false,
            columns: String::new(),
            compacted: false,
        };
        let files = sizes.iter().enumerate().map(file).collect();
        let days = due(files, which);
        let found: Vec<u64> = days
            .iter()
            .flat_map(|(_, files)| files.iter().map(|file| file.bytes))
            .collect();
        assert_eq!(found, expected, "{which:?} {sizes:?}");
    }

    #[test]
    fn a_large_file_waits_until_the_small_ones_are_as_large() {
        let some = Compacting::Alike(3);
        check(some, &[90, 10, 10, 20], &[10, 10, 20]);
        check(some, &[60, 10, 11, 12], &[10, 11, 12, 60]);
        check(some, &[10, 10], &[]);
        check(some, &[100, 10, 10], &[]);
        check(some, &[1, 100, 100, 100, 100], &[100, 100, 100, 100]);
        check(Compacting::Days(2), &[9, 1, 1, 2], &[9, 1, 1, 2]);
        check(Compacting::Days(5), &[9, 1, 1, 2], &[]);
    }
}
