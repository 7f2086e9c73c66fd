//! One pass over the log files: several threads take files from one queue.
//!
//! In: what to read and what to count. Out: batches without duplicates, patched by addenda, to each
//! thread's own sink, and at the end the coverage. The rows and the coverage do not depend on the
//! number of threads; the order of rows does. A pass that a sink ends early has no coverage.

use std::fmt;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use arrow_array::builder::BooleanBuilder;
use arrow_array::cast::AsArray;
use arrow_array::types::TimestampMicrosecondType;
use arrow_array::{Array, RecordBatch};
use keyline_source::{Contents, InputFile, PassedOver, read_into};
use keyline_trail::{
    Addendum, Batch, Column, Coverage, EventIdentity, FileReport, Identity, ProblemKind, Problems,
    Projection, ReadOptions, Reader,
};

use crate::addenda::{Addenda, patches};
use crate::error::Error;
use crate::identities::{Identities, Seen};
use crate::limits;
use crate::logs::{Inner, Progress};

/// What a pass finds out beside the rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Counting {
    /// The coverage, with the duplicates among all records.
    Everything,
    /// Duplicates are dropped from the rows, nothing else is counted.
    RowsOnly,
    /// The data is known to hold no duplicates.
    NoDuplicates,
}

/// Events that were stored before: a pass drops further copies of them.
pub(crate) trait Stored: fmt::Debug + Send + Sync {
    /// Where copies are looked for, and new events noted.
    fn identities(&self) -> &Identities;

    /// Makes sure that copies of these rows will be found.
    fn prepare(&self, rows: &RecordBatch) -> Result<(), Error>;
}

/// A pass under way, shared by its threads.
#[derive(Debug)]
pub(crate) struct Pass {
    logs: Arc<Inner>,
    read: ReadOptions,
    /// The columns that the sink gets.
    wanted: Projection,
    counting: Counting,
    /// What is known of addenda; without it they are only counted.
    addenda: Option<Arc<Addenda>>,
    identities: Option<Identities>,
    /// In place of identities of its own.
    stored: Option<Arc<dyn Stored>>,
    next: AtomicUsize,
    stopped: AtomicBool,
    duplicates: AtomicU64,
    conflicts: AtomicU64,
    addenda_met: AtomicU64,
    /// Records with one id were met that differ in their bytes, and only bytes are compared.
    differ: AtomicBool,
    /// In which order the files are taken; by their paths where it is empty.
    order: Vec<usize>,
    /// The numbers of the files to read; all when absent.
    only: Option<Vec<usize>>,
    tally: Mutex<Tally>,
}

#[derive(Debug, Default)]
struct Tally {
    coverage: Coverage,
    /// By file, so that the example shown is the first one whatever the threads did.
    problems: Vec<(usize, Problems)>,
    files_done: u64,
}

/// Numbers the scratch files, for one query may scan several times at once.
static PASSES: AtomicU64 = AtomicU64::new(0);

impl Pass {
    pub(crate) fn new(
        logs: Arc<Inner>,
        mut read: ReadOptions,
        counting: Counting,
        addenda: Option<Arc<Addenda>>,
    ) -> Pass {
        let wanted = read.projection;
        if logs.options.since.is_some() || logs.options.until.is_some() {
            read.projection = read.projection.with(Column::TimeGenerated);
        }
        let patching = addenda.as_ref().is_some_and(|addenda| !addenda.is_empty());
        if counting == Counting::NoDuplicates && !patching {
            read.identity = Identity::Skip;
        } else if read.identity == Identity::OfBytes && logs.compares_contents() {
            // It may have been found out since whoever asks has chosen what to read.
            read.identity = Identity::Compute;
        }
        let identities = (counting != Counting::NoDuplicates).then(|| {
            let number = PASSES.fetch_add(1, Ordering::Relaxed);
            Identities::new(
                logs.scratch.path(),
                &format!("identities-{number}"),
                logs.options.memory_bytes / limits::IDENTITIES_MEMORY_SHARE,
            )
        });
        Pass {
            logs,
            read,
            wanted,
            counting,
            addenda,
            identities,
            stored: None,
            next: AtomicUsize::new(0),
            stopped: AtomicBool::new(false),
            duplicates: AtomicU64::new(0),
            conflicts: AtomicU64::new(0),
            addenda_met: AtomicU64::new(0),
            differ: AtomicBool::new(false),
            order: Vec::new(),
            only: None,
            tally: Mutex::default(),
        }
    }

    /// The same with identities, though duplicates are no matter.
    pub(crate) fn with_identities(mut self) -> Pass {
        self.read.identity = Identity::Compute;
        self
    }

    /// The same, with the files taken by the time of their delivery.
    pub(crate) fn by_time(mut self) -> Pass {
        self.order = self.logs.files_by_time();
        self
    }

    /// The same, with copies of stored events dropped as well.
    #[cfg(feature = "lake")]
    pub(crate) fn beside(mut self, stored: Arc<dyn Stored>) -> Pass {
        self.identities = None;
        self.stored = Some(stored);
        self
    }

    /// What was wrong with each file, by the file's number, once all threads are done.
    #[cfg(feature = "lake")]
    pub(crate) fn problems(&self) -> Vec<(usize, Problems)> {
        let mut tally = self.tally.lock().expect("no holder of the lock panics");
        tally.problems.sort_by_key(|(file, _)| *file);
        tally.problems.clone()
    }

    /// The same over these files only.
    pub(crate) fn over(mut self, files: Vec<usize>) -> Pass {
        self.only = Some(files);
        self
    }

    /// The same for a sink that may fail, which ends the reading.
    pub(crate) fn try_work(
        &self,
        sink: &mut dyn FnMut(Batch) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut failed = None;
        self.work(&mut |batch| match sink(batch) {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                failed = Some(error);
                ControlFlow::Break(())
            }
        })?;
        failed.map_or(Ok(()), Err)
    }

    /// Reads files until none is left or the sink has had enough. To be called once a thread.
    pub(crate) fn work(&self, sink: &mut dyn FnMut(Batch) -> ControlFlow<()>) -> Result<(), Error> {
        let mut failed = None;
        let mut reader = Reader::new(&self.read);
        let mut buffer = Vec::new();
        let whole_bytes_max = self.logs.options.memory_bytes / (8 * self.logs.threads() as u64);
        let mut checked = |batch: Batch| match self.clean(batch) {
            Ok(Some(batch)) => sink(batch),
            Ok(None) => ControlFlow::Continue(()),
            Err(error) => {
                failed = Some(error);
                ControlFlow::Break(())
            }
        };
        let mut broken = false;
        let mut stop = |batch: Batch| {
            let flow = checked(batch);
            broken |= flow.is_break();
            flow
        };
        loop {
            if self.stopped.load(Ordering::Relaxed) {
                break;
            }
            let next = self.next.fetch_add(1, Ordering::Relaxed);
            let number = match &self.only {
                Some(only) => only.get(next).copied().unwrap_or(usize::MAX),
                None => self.order.get(next).copied().unwrap_or(next),
            };
            let Some(file) = self.logs.files.get(number) else {
                // The last rows belong to files that are done, so they come before the end.
                let _ = reader.finish(&mut stop);
                break;
            };
            reader.begin_file(number as u32);
            let report = match read_into(&file.path, &mut buffer, whole_bytes_max) {
                Ok(Contents::Whole) => reader.read(&buffer, &mut stop),
                Ok(Contents::Stream(mut stream)) => reader.read_stream(&mut stream, &mut stop),
                Err(error) => unreadable(&error),
            };
            self.add(number, report);
            if self.stopped.load(Ordering::Relaxed) {
                break;
            }
        }
        let _ = &mut stop;
        if broken {
            self.stop();
        }
        failed.map_or(Ok(()), Err)
    }

    /// Ends the pass early on all threads.
    pub(crate) fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    /// Whether the pass was in vain: it met records that patch others, while it was not known which, or
    /// records with one id whose contents have to be compared. The survey finds out, and the next pass
    /// knows.
    pub(crate) fn starts_again(&self) -> bool {
        self.differ.load(Ordering::Relaxed) || self.addenda_met.load(Ordering::Relaxed) > 0
    }

    /// Whether contents have to be compared where this pass compared bytes.
    pub(crate) fn compares_too_little(&self) -> bool {
        self.differ.load(Ordering::Relaxed)
    }

    /// What was read, once all threads are done.
    pub(crate) fn coverage(&self) -> Coverage {
        let mut tally = self.tally.lock().expect("no holder of the lock panics");
        tally.problems.sort_by_key(|(file, _)| *file);
        let mut coverage = tally.coverage.clone();
        for (_, problems) in &tally.problems {
            coverage.problems.merge(problems.clone());
        }
        coverage.duplicates = self.duplicates.load(Ordering::Relaxed);
        for _ in 0..self.conflicts.load(Ordering::Relaxed) {
            coverage.problems.add(ProblemKind::EventIdConflict, || {
                "records with the same account and eventID differ; all are kept".to_owned()
            });
        }
        coverage
    }

    fn add(&self, number: usize, mut report: FileReport) {
        let mut tally = self.tally.lock().expect("no holder of the lock panics");
        let no_log = is_no_log(&self.logs.files[number], &report);
        if no_log {
            let kind = ProblemKind::Other(PassedOver::Unknown.name());
            let mut problems = Problems::default();
            problems.add(kind, || self.logs.name(number));
            tally.problems.push((number, problems));
        } else if !report.problems.is_empty() {
            let mut problems = std::mem::take(&mut report.problems);
            problems.name_file(&self.logs.name(number));
            tally.problems.push((number, problems));
        }
        if !no_log {
            tally.coverage.add_file(report);
        }
        tally.files_done += 1;
        if let Some(progress) = &self.logs.options.progress {
            let now = Progress {
                files: tally.files_done,
                files_total: self.logs.files.len() as u64,
                bytes: tally.coverage.bytes,
                events: tally.coverage.events,
            };
            drop(tally);
            progress(now);
        }
    }

    /// Drops duplicates, applies addenda, and leaves the rows of the wanted time.
    fn clean(&self, mut batch: Batch) -> Result<Option<Batch>, Error> {
        let rows = batch.rows.num_rows();
        let mut keep = vec![true; rows];
        let identities = match &self.stored {
            Some(stored) => {
                stored.prepare(&batch.rows)?;
                Some(stored.identities())
            }
            None => self.identities.as_ref(),
        };
        if let Some(identities) = identities {
            // An addendum may have the id of the record that it patches, which is no conflict.
            let patches_itself = |addendum: &&Addendum| {
                let own = batch.identities.get(addendum.row);
                patches(addendum) && own.is_some_and(|own| own.id == addendum.original)
            };
            let patching: Vec<usize> = batch
                .addenda
                .iter()
                .filter(patches_itself)
                .map(|addendum| addendum.row)
                .collect();
            for (row, identity) in batch.identities.iter().enumerate() {
                if patching.contains(&row) {
                    if self.stored.is_some() {
                        keep[row] = identities.note(*identity)? != Seen::Duplicate;
                    }
                    continue;
                }
                keep[row] = self.note(identities, *identity)? != Seen::Duplicate;
            }
            if self.counting == Counting::Everything {
                for identity in &batch.passed_over {
                    self.note(identities, *identity)?;
                }
            }
            if self.compares_too_little() {
                self.stop();
                return Ok(None);
            }
        }
        match &self.addenda {
            None => {
                let met = batch
                    .addenda
                    .iter()
                    .filter(|addendum| patches(addendum))
                    .count();
                self.addenda_met.fetch_add(met as u64, Ordering::Relaxed);
            }
            Some(addenda) if !addenda.is_empty() => addenda.apply(&mut batch, &mut keep)?,
            Some(_) => {}
        }
        self.drop_outside_span(&batch.rows, &mut keep);
        if self.read.projection != self.wanted {
            // The time was read only to be looked at.
            let columns: Vec<usize> = self
                .read
                .projection
                .columns()
                .enumerate()
                .filter(|(_, column)| self.wanted.contains(*column))
                .map(|(at, _)| at)
                .collect();
            batch.rows = batch.rows.project(&columns)?;
        }
        let kept = keep.iter().filter(|keep| **keep).count();
        if kept == 0 {
            return Ok(None);
        }
        if kept < rows {
            batch = only(batch, &keep)?;
        }
        Ok(Some(batch))
    }

    fn note(&self, identities: &Identities, identity: EventIdentity) -> Result<Seen, Error> {
        let seen = identities.note(identity)?;
        match seen {
            Seen::New => {}
            Seen::Duplicate => {
                self.duplicates.fetch_add(1, Ordering::Relaxed);
            }
            Seen::Conflict if self.read.identity == Identity::OfBytes => {
                // They may say the same all the same.
                self.logs.compare_contents();
                self.differ.store(true, Ordering::Relaxed);
            }
            Seen::Conflict => {
                self.conflicts.fetch_add(1, Ordering::Relaxed);
            }
        }
        Ok(seen)
    }

    fn drop_outside_span(&self, rows: &RecordBatch, keep: &mut [bool]) {
        let options = &self.logs.options;
        if options.since.is_none() && options.until.is_none() {
            return;
        }
        let times = rows
            .column_by_name(Column::TimeGenerated.name())
            .and_then(|times| times.as_primitive_opt::<TimestampMicrosecondType>())
            .expect("a pass with a span reads the time");
        for (row, keep) in keep.iter_mut().enumerate() {
            *keep &= times.is_valid(row)
                && options.since.is_none_or(|since| since <= times.value(row))
                && options.until.is_none_or(|until| times.value(row) <= until);
        }
    }
}

/// The rows that are kept, with what is known about them.
fn only(batch: Batch, keep: &[bool]) -> Result<Batch, Error> {
    let mut mask = BooleanBuilder::with_capacity(keep.len());
    mask.append_slice(keep);
    let rows = arrow_select::filter::filter_record_batch(&batch.rows, &mask.finish())?;
    let mut rows_after = Vec::with_capacity(keep.len());
    let mut after = 0;
    for keep in keep {
        rows_after.push(after);
        after += usize::from(*keep);
    }
    let identities = batch
        .identities
        .into_iter()
        .zip(keep)
        .filter_map(|(identity, keep)| keep.then_some(identity))
        .collect();
    let places = batch
        .places
        .into_iter()
        .zip(keep)
        .filter_map(|(place, keep)| keep.then_some(place))
        .collect();
    let addenda = batch
        .addenda
        .into_iter()
        .filter(|addendum| keep[addendum.row])
        .map(|mut addendum| {
            addendum.row = rows_after[addendum.row];
            addendum
        })
        .collect();
    Ok(Batch {
        rows,
        identities,
        places,
        passed_over: batch.passed_over,
        addenda,
    })
}

/// Whether a file is JSON of another sort, which lies beside the logs: it is then passed over, as one is whose
/// name shows that.
fn is_no_log(file: &InputFile, report: &FileReport) -> bool {
    let of_another_sort = |kind| matches!(kind, ProblemKind::NotARecord | ProblemKind::NoRecords);
    !file.named
        && file.key.is_none()
        && report.events == 0
        && report.bad_records > 0
        && report.problems.iter().all(|it| of_another_sort(it.kind))
}

fn unreadable(error: &keyline_source::Error) -> FileReport {
    let mut report = FileReport {
        failed: true,
        ..FileReport::default()
    };
    report
        .problems
        .add(ProblemKind::Unreadable, || error.to_string());
    report
}
