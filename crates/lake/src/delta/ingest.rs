//! Log files into the table of events, each event once.
//!
//! In: files, in any order, as often as anybody likes. Out: batches that are committed whole, the coverage, and rows
//! in the table `DeadLetter` for what could not be read. What happens when is what makes it exact: the
//! batch is written down (`ledger.rs`), its files are read and its rows written where nobody looks, what
//! could not be read is committed, and last the events with the batch's number. A crash anywhere before that leaves
//! a batch that is done again by whoever comes next; files that it wrote are named by no commit. The next batch is begun
//! only after that, so that its copies of events are recognised.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use keyline_source::layout;
use keyline_source::{FileKind, InputFile, delivery_time, spool};
use keyline_trail::{Column, Coverage, ProblemKind, Problems, Projection};
use tempfile::TempDir;

use super::Lake;
use super::day_files::{DayFiles, Part};
use super::known::Known;
use super::ledger::{Batch, Ledger, SourceFile};
use super::rows::{Letter, letters_of};
use super::spec::{dead_letters, event_columns, events};
use super::store::{Store, cannot, make_folder};
use super::table::{Change, Committed, Table, TableFile};
use crate::error::{Error, ErrorKind};
use crate::limits;
use crate::logs::{LogOptions, Logs, Progress, RawRecord};
use crate::pass::{Counting, Pass};

/// The application that numbers batches.
pub(crate) const APPLICATION: &str = "ingest";
/// Where standard input is kept until its events are committed.
const SPOOL: &str = "_spool";
/// How files of the spool are called in the ledger.
const SPOOLED: &str = "stdin:";

/// What the coverage calls files that are left for another time.
pub const NOT_FETCHED: &str = "not-fetched";

/// Fetches sources, several at a time if it likes.
pub type Fetch = Arc<dyn Fn(&[SourceFile]) -> Haul + Send + Sync>;

/// What came of fetching, one for each source in their order.
#[derive(Debug, Default)]
pub struct Haul {
    pub fetched: Vec<Fetched>,
    /// Where copies lie; it goes when they are read.
    pub folder: Option<TempDir>,
}

/// What came of fetching one source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fetched {
    /// Its content lies there.
    There(PathBuf),
    /// It is not to be had any more: a dead letter.
    Gone(String),
    /// It is not to be had now: it is left for another time.
    Later(String),
}

/// A lake that takes files in.
pub struct Ingest {
    store: Store,
    options: LogOptions,
    events: Table,
    letters: Table,
    ledger: Ledger,
    known: Option<Arc<Known>>,
    /// The version of the table that what is known belongs to.
    known_at: u64,
    fetch: Fetch,
}

/// What was taken in.
#[derive(Debug, Clone, Default)]
pub struct Ingested {
    pub batches: u64,
    /// Batches that somebody else had begun and not finished.
    pub redone: u64,
    /// Files that were taken in before.
    pub skipped: u64,
    /// Files that are left for another time, because they could not be fetched.
    pub postponed: u64,
    /// Rows that were added.
    pub rows: u64,
    pub coverage: Coverage,
}

impl Ingested {
    /// Adds what was taken in after it.
    pub fn merge(&mut self, more: Ingested) {
        self.batches += more.batches;
        self.redone += more.redone;
        self.skipped += more.skipped;
        self.postponed += more.postponed;
        self.rows += more.rows;
        self.coverage.merge(more.coverage);
    }
}

impl Ingest {
    /// Opens the lake for writing. `since` and `until` of the options have no effect on what is read.
    pub fn open(lake: &Lake, options: LogOptions) -> Result<Ingest, Error> {
        let store = lake.store().clone();
        Ok(Ingest {
            events: Table::open_or_make(&store, events())?,
            letters: Table::open_or_make(&store, dead_letters())?,
            ledger: Ledger::open(&store)?,
            known: None,
            known_at: 0,
            fetch: Arc::new(local_fetch(&store)),
            options: LogOptions {
                since: None,
                until: None,
                ..options
            },
            store,
        })
    }

    /// Sources whose name is no path are got by this.
    pub fn fetching(mut self, fetch: Fetch) -> Ingest {
        let local = self.fetch;
        self.fetch = Arc::new(move |files| {
            let (here, elsewhere): (Vec<SourceFile>, Vec<SourceFile>) =
                files.iter().cloned().partition(|file| is_local(&file.name));
            if elsewhere.is_empty() {
                return local(&here);
            }
            let haul = fetch(&elsewhere);
            let (mut here, mut elsewhere) =
                (local(&here).fetched.into_iter(), haul.fetched.into_iter());
            let fetched = files.iter().map(|file| match is_local(&file.name) {
                true => here.next(),
                false => elsewhere.next(),
            });
            let missing = || Fetched::Later("nobody has fetched it".to_owned());
            Haul {
                fetched: fetched.map(|it| it.unwrap_or_else(missing)).collect(),
                folder: haul.folder,
            }
        });
        self
    }

    /// A file of the local disk as a source.
    pub fn source_of(path: &Path) -> Result<SourceFile, Error> {
        let path = std::path::absolute(path).map_err(|error| cannot("find", path, &error))?;
        let meta = std::fs::metadata(&path).map_err(|error| cannot("open", &path, &error))?;
        let modified = meta.modified().ok();
        let modified = modified.and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok());
        Ok(SourceFile {
            name: path.to_string_lossy().into_owned(),
            version: modified.map_or(0, |since| since.as_nanos()).to_string(),
            bytes: meta.len(),
        })
    }

    /// Keeps what can be read only once in the lake until its events are committed.
    pub fn spooled(&self, input: impl std::io::Read) -> Result<SourceFile, Error> {
        let Some(folder) = self.store.local() else {
            let message = "standard input is kept in the lake until it is read, which a bucket cannot do; \
                           save it to a file and name that";
            return Err(Error::new(ErrorKind::Io, message));
        };
        let folder = folder.join(SPOOL);
        make_folder(&folder)?;
        let name = TableFile::new_path(
            &super::TableSpec::whole("", event_columns(false)),
            None,
            "in",
        );
        let path = spool(input, &folder, &name)?;
        let synced = File::open(&path).and_then(|file| file.sync_all());
        synced.map_err(|error| cannot("write", &path, &error))?;
        let source = Ingest::source_of(&path)?;
        Ok(SourceFile {
            name: format!("{SPOOLED}{name}"),
            ..source
        })
    }

    /// Sets the wall clock, in microseconds since 1970, for whoever takes files in for days.
    pub fn set_now(&mut self, now: i64) {
        self.options.now = Some(now);
    }

    /// Whether a file was taken in before.
    pub fn knows(&self, file: &SourceFile) -> bool {
        self.ledger.knows(file)
    }

    /// The version of the table of events.
    pub fn version(&self) -> u64 {
        self.events.version()
    }

    /// Finishes what somebody else has begun. Blocks.
    pub fn recover(&mut self) -> Result<Ingested, Error> {
        let mut total = Ingested::default();
        let _lock = self.lock()?;
        self.catch_up(&mut total)?;
        Ok(total)
    }

    /// Takes in files that are new. Blocks.
    pub fn take(&mut self, files: Vec<SourceFile>) -> Result<Ingested, Error> {
        let mut total = Ingested::default();
        let mut waiting = VecDeque::from(by_time(files));
        let progress = self.options.progress.take();
        let done = Arc::new(Mutex::new((0, waiting.len() as u64, 0, 0)));
        if let Some(told) = progress.clone() {
            let done = done.clone();
            self.options.progress = Some(Arc::new(move |now: Progress| {
                let (files, files_total, bytes, events) =
                    *done.lock().expect("no holder of the lock panics");
                told(Progress {
                    files: files + now.files,
                    files_total,
                    bytes: bytes + now.bytes,
                    events: events + now.events,
                });
            }));
        }
        let outcome = self.take_all(&mut waiting, &mut total, &done);
        self.options.progress = progress;
        outcome.map(|()| total)
    }

    /// Batch after batch; while one is read, the next one is fetched.
    fn take_all(
        &mut self,
        waiting: &mut VecDeque<SourceFile>,
        total: &mut Ingested,
        done: &Mutex<(u64, u64, u64, u64)>,
    ) -> Result<(), Error> {
        let fetch = self.fetch.clone();
        std::thread::scope(|scope| {
            let ahead = |files: Vec<SourceFile>| {
                let fetch = fetch.clone();
                scope.spawn(move || {
                    let haul = fetch(&files);
                    (files, haul)
                })
            };
            let mut next = self.choose(waiting, total).map(&ahead);
            while let Some(fetching) = next {
                let (files, haul) = fetching.join().map_err(|_| {
                    Error::new(ErrorKind::Internal, "the fetching of a batch broke off")
                })?;
                let (files, haul) = postpone(files, haul, total);
                if files.is_empty() {
                    // Nobody is there; what is left is as new the next time.
                    total.postponed += waiting.len() as u64;
                    waiting.clear();
                }
                next = self.choose(waiting, total).map(&ahead);
                self.settle(files, haul, total)?;
                let read = &total.coverage;
                let so_far = read.files + total.skipped;
                *done.lock().expect("no holder of the lock panics") = (
                    so_far,
                    so_far + waiting.len() as u64,
                    read.bytes,
                    read.events,
                );
            }
            Ok(())
        })
    }

    /// The files of the next batch, if there are any left that are new.
    fn choose(
        &self,
        waiting: &mut VecDeque<SourceFile>,
        total: &mut Ingested,
    ) -> Option<Vec<SourceFile>> {
        let mut files = Vec::new();
        let mut names = BTreeSet::new();
        let mut bytes = 0;
        while bytes < limits::BATCH_BYTES && files.len() < limits::BATCH_FILES {
            let Some(file) = waiting.pop_front() else {
                break;
            };
            if self.ledger.knows(&file) || !names.insert(file.name.clone()) {
                total.skipped += 1;
                continue;
            }
            bytes += file.bytes;
            files.push(file);
        }
        (!files.is_empty()).then_some(files)
    }

    /// Writes a batch down and does it.
    fn settle(
        &mut self,
        mut files: Vec<SourceFile>,
        mut haul: Haul,
        total: &mut Ingested,
    ) -> Result<(), Error> {
        loop {
            let _lock = self.lock()?;
            self.catch_up(total)?;
            // Others have taken files in since these were chosen.
            let new: Vec<bool> = files.iter().map(|it| !self.ledger.knows(it)).collect();
            total.skipped += new.iter().filter(|new| !**new).count() as u64;
            keep(&mut files, &new);
            keep(&mut haul.fetched, &new);
            if files.is_empty() {
                return Ok(());
            }
            if let Some(batch) = self.ledger.begin(files.clone())? {
                self.work(&batch, haul, total)?;
                total.batches += 1;
                return Ok(());
            }
            // Another writer has begun one: it comes first.
        }
    }

    /// Keeps other writers on this machine waiting, so that no batch is done twice for nothing. It would be
    /// right without.
    fn lock(&self) -> Result<Option<File>, Error> {
        let Some(folder) = self.store.local() else {
            return Ok(None);
        };
        let path = folder.join("_ledger").join("lock");
        let folder = path.parent().unwrap_or(folder);
        make_folder(folder)?;
        let mut options = File::options();
        options.create(true).truncate(false).write(true);
        let lock = options.open(&path).and_then(|file| {
            file.lock()?;
            Ok(file)
        });
        lock.map(Some)
            .map_err(|error| cannot("lock", &path, &error))
    }

    /// Does again what was begun and not committed.
    fn catch_up(&mut self, total: &mut Ingested) -> Result<(), Error> {
        let mut waited = 0;
        loop {
            self.events.refresh()?;
            self.ledger.refresh()?;
            let done = self.events.mark(APPLICATION)?.unwrap_or(0);
            if self.ledger.last() <= done {
                return Ok(());
            }
            if self.store.local().is_none() && waited < limits::OTHER_WRITER_SECONDS {
                // On a bucket nobody knows whether the other one is still at work.
                std::thread::sleep(Duration::from_secs(1));
                waited += 1;
                continue;
            }
            let batch = self.ledger.read(done + 1)?;
            let haul = self.fetch_again(&batch)?;
            self.work(&batch, haul, total)?;
            total.redone += 1;
        }
    }

    /// What was begun is done with the files that were written down, or not yet.
    fn fetch_again(&self, batch: &Batch) -> Result<Haul, Error> {
        let haul = (self.fetch)(&batch.files);
        for (file, fetched) in batch.files.iter().zip(&haul.fetched) {
            if let Fetched::Later(why) = fetched {
                let message = format!(
                    "the batch {} of the lake was begun and cannot be finished, for `{}` cannot be \
                     fetched: {why}; nothing else is taken in before it is",
                    batch.number, file.name
                );
                return Err(Error::new(ErrorKind::Unreachable, message));
            }
        }
        Ok(haul)
    }

    /// Reads a batch and commits its events.
    fn work(&mut self, batch: &Batch, haul: Haul, total: &mut Ingested) -> Result<(), Error> {
        let outcome = self.try_work(batch, haul, total);
        if outcome.is_err() {
            // What was noted of this batch is not in the table.
            self.known = None;
        }
        outcome
    }

    fn try_work(&mut self, batch: &Batch, haul: Haul, total: &mut Ingested) -> Result<(), Error> {
        let now = self
            .options
            .now
            .unwrap_or(super::wall_clock_millis() * 1_000);
        let (logs, mut letters) = self.open_batch(batch, &haul)?;
        let inner = logs.inner().clone();
        // Copies of an event may come in later batches, however they are written then.
        inner.compare_contents();
        let mut columns = Projection::all();
        if self.options.raw_record == RawRecord::Keep {
            columns = columns.with(Column::RawRecord);
        }
        let schema = event_columns(self.options.raw_record == RawRecord::Keep);
        let mut addenda = None;
        let (files, coverage) = loop {
            let known = self.known()?;
            let mut read = inner.read_options(columns);
            read.batch_rows = limits::WRITE_BATCH_ROWS;
            let pass = inner
                .pass(read, Counting::Everything, addenda.clone())
                .by_time()
                .beside(known);
            let files = DayFiles::new(
                &self.store,
                &self.events.spec,
                schema.clone(),
                format!("events-{}", batch.number),
            );
            let parts = inner.run(
                &pass,
                |_| Part::default(),
                |pass: &Pass, part| pass.try_work(&mut |rows| files.add(part, &rows)),
            )?;
            if pass.starts_again() {
                // A record of this batch patches another one of it.
                self.known = None;
                addenda = Some(inner.survey()?.addenda.clone());
                continue;
            }
            for (file, problems) in pass.problems() {
                letters.push((inner.name(file), problems));
            }
            let mut coverage = pass.coverage();
            if addenda.is_some() {
                coverage.addenda = inner.survey()?.coverage.addenda;
            }
            break (files.finish(parts)?, coverage);
        };
        let rows: u64 = files.iter().map(|file| file.rows).sum();
        self.commit_letters(batch.number, now, letters)?;
        let committed = self.events.commit(Change {
            add: files.clone(),
            mark: Some((APPLICATION.to_owned(), batch.number)),
            ..Change::default()
        })?;
        if committed == Committed::Done {
            total.rows += rows;
            total.coverage.merge(coverage);
            total.coverage.merge(logs.found().clone());
            self.known_at = self.events.version();
            if self.events.mark(APPLICATION)? != Some(batch.number) {
                // Somebody else has added more in the meantime.
                self.known = None;
            }
        } else {
            // Another writer was quicker with the same batch; its rows are the ones.
            for file in &files {
                self.store.delete(&self.events.name_of(&file.path))?;
            }
            self.known = None;
        }
        for file in &batch.files {
            if let Some(name) = file.name.strip_prefix(SPOOLED) {
                self.store.delete(&format!("{SPOOL}/{name}"))?;
            }
        }
        Ok(())
    }

    /// The logs of a batch, and what is missing of it.
    fn open_batch(&self, batch: &Batch, haul: &Haul) -> Result<(Logs, Vec<Letter>), Error> {
        let mut inputs = Vec::new();
        let mut names = HashMap::new();
        let mut found = Coverage::default();
        let mut letters = Vec::new();
        for (file, fetched) in batch.files.iter().zip(&haul.fetched) {
            match fetched {
                Fetched::There(path) => {
                    if path.as_os_str() != file.name.as_str() {
                        names.insert(inputs.len(), file.name.clone());
                    }
                    inputs.push(InputFile {
                        bytes: std::fs::metadata(path).map_or(file.bytes, |meta| meta.len()),
                        path: path.clone(),
                        kind: FileKind::Logs,
                        key: layout::parse(&file.name),
                        named: false,
                    });
                }
                Fetched::Gone(why) | Fetched::Later(why) => {
                    let problems = missing(&mut found, ProblemKind::Unreadable, &file.name, why);
                    letters.push((file.name.clone(), problems));
                }
            }
        }
        let logs = Logs::of(inputs, names, None, found, self.options.clone())?;
        Ok((logs, letters))
    }

    fn known(&mut self) -> Result<Arc<Known>, Error> {
        let now = self.events.version();
        if self.known.is_some() && self.known_at != now {
            // A compaction has put the same rows into other files.
            let added = self.events.added_between(self.known_at, now)?;
            if added.is_none_or(|added| !added.is_empty()) {
                self.known = None;
            }
        }
        let known = match self.known.take() {
            Some(known) => known,
            None => {
                let memory = self.options.memory_bytes / limits::IDENTITIES_MEMORY_SHARE;
                Arc::new(Known::new(&self.store, memory)?)
            }
        };
        known.over(&self.events.spec.name, &self.events.files()?);
        self.known = Some(known.clone());
        self.known_at = self.events.version();
        Ok(known)
    }

    fn commit_letters(&mut self, batch: i64, now: i64, letters: Vec<Letter>) -> Result<(), Error> {
        let Some(rows) = letters_of(batch, now, letters)? else {
            return Ok(());
        };
        self.letters.refresh()?;
        self.letters
            .append(&rows, Some((APPLICATION, batch)))
            .map(drop)
    }
}

fn is_local(name: &str) -> bool {
    name.starts_with(SPOOLED) || Path::new(name).is_absolute()
}

fn local_fetch(store: &Store) -> impl Fn(&[SourceFile]) -> Haul + use<> {
    let folder = store.local().map(|folder| folder.join(SPOOL));
    let fetch = move |file: &SourceFile| {
        if !is_local(&file.name) {
            return Fetched::Later(
                "this command does not know how; `keyline ingest` does".to_owned(),
            );
        }
        let path = match (file.name.strip_prefix(SPOOLED), &folder) {
            (Some(name), Some(folder)) => folder.join(name),
            _ => PathBuf::from(&file.name),
        };
        match std::fs::metadata(&path) {
            Ok(_) => Fetched::There(path),
            Err(error) => Fetched::Gone(error.to_string()),
        }
    };
    move |files| Haul {
        fetched: files.iter().map(&fetch).collect(),
        folder: None,
    }
}

/// Leaves out of a batch to be what is not to be had now.
fn postpone(
    mut files: Vec<SourceFile>,
    mut haul: Haul,
    total: &mut Ingested,
) -> (Vec<SourceFile>, Haul) {
    let now: Vec<bool> = files
        .iter()
        .zip(&haul.fetched)
        .map(|(file, fetched)| match fetched {
            Fetched::Later(why) => {
                let kind = ProblemKind::Other(NOT_FETCHED);
                missing(&mut total.coverage, kind, &file.name, why);
                total.postponed += 1;
                false
            }
            _ => true,
        })
        .collect();
    keep(&mut files, &now);
    keep(&mut haul.fetched, &now);
    (files, haul)
}

/// Counts a file whose content is not there.
fn missing(coverage: &mut Coverage, kind: ProblemKind, name: &str, why: &str) -> Problems {
    let mut problems = Problems::default();
    problems.add(kind, || format!("{name}: {why}"));
    coverage.files += 1;
    coverage.files_failed += 1;
    coverage.problems.merge(problems.clone());
    problems
}

fn keep<T>(all: &mut Vec<T>, kept: &[bool]) {
    let mut kept = kept.iter();
    all.retain(|_| kept.next().copied().unwrap_or(true));
}

/// By the time of their delivery, as far as their names say it; the others first, in their order.
fn by_time(mut files: Vec<SourceFile>) -> Vec<SourceFile> {
    files.sort_by_cached_key(|file| {
        let day = layout::parse(&file.name).and_then(|key| key.day);
        let name = file.name.rsplit('/').next().unwrap_or_default();
        day.map(|day| (day, delivery_time(name).to_owned()))
    });
    files
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use arrow_schema::Schema;
    use keyline_trail::SessionTokens;

    use super::*;
    use crate::delta::table::columns_tag;
    use crate::delta::{Compacting, TableSpec};

    fn options() -> LogOptions {
        LogOptions {
            threads: 1,
            memory_bytes: 64 << 20,
            session_tokens: SessionTokens::Hash,
            raw_record: RawRecord::Leave,
            since: None,
            until: None,
            now: None,
            scratch_folder: None,
            progress: None,
        }
    }

    /// A lake that an earlier Keyline has written, which knew fewer columns.
    #[test]
    fn a_lake_of_fewer_columns_is_read_and_grows() {
        let folder = tempfile::tempdir().unwrap();
        let location = folder.path().join("lake").to_string_lossy().into_owned();
        let lake = Lake::open_or_make(&location).unwrap();
        let kept = |name: &str| name != "SourceIdentity" && name != "AssumedRoot";
        let now = event_columns(false);
        let fields = now.fields().iter().filter(|field| kept(field.name()));
        let old = Arc::new(Schema::new(fields.cloned().collect::<Vec<_>>()));
        let spec = TableSpec::by_day("CloudTrail", old.clone());
        let store = lake.store();
        let mut table = Table::open_or_make(store, spec.clone()).unwrap();

        let event = |number: u32| {
            let path = folder.path().join(format!("{number}.json"));
            let text = format!(
                "{{\"eventTime\":\"2026-03-01T00:00:0{number}Z\",\"eventName\":\"A\",\
                 \"eventVersion\":\"1.11\",\"eventSource\":\"sts.amazonaws.com\",\
                 \"eventID\":\"0000000{number}-0000-4000-8000-000000000000\",\
                 \"recipientAccountId\":\"111122223333\",\"awsRegion\":\"us-east-1\"}}"
            );
            std::fs::write(&path, text).unwrap();
            path
        };
        let input = InputFile {
            path: event(1),
            kind: FileKind::Logs,
            key: None,
            named: true,
            bytes: 1,
        };
        let logs = Logs::of(
            vec![input],
            HashMap::new(),
            None,
            Coverage::default(),
            options(),
        )
        .unwrap();
        let inner = logs.inner();
        inner.compare_contents();
        let columns = Projection::all().columns().filter(|it| kept(it.name()));
        let columns = columns.fold(Projection::none(), Projection::with);
        let pass = inner.pass(inner.read_options(columns), Counting::Everything, None);
        let files = DayFiles::new(store, &spec, old.clone(), "old".to_owned());
        let mut part = Part::default();
        pass.try_work(&mut |rows| files.add(&mut part, &rows))
            .unwrap();
        let add = files.finish(vec![part]).unwrap();
        assert_eq!(add[0].columns, columns_tag(&old));
        let change = Change {
            add,
            ..Change::default()
        };
        assert_eq!(table.commit(change).unwrap(), Committed::Done);

        let rows = |expected: usize| {
            let table = lake.logs(options()).unwrap().table().unwrap();
            let context = datafusion::prelude::SessionContext::new();
            let frame = context.read_table(table).unwrap();
            let frame = frame
                .select_columns(&["SourceIdentity", "AssumedRoot"])
                .unwrap();
            let rows: usize = super::super::store::run(frame.collect())
                .unwrap()
                .iter()
                .map(|rows| rows.num_rows())
                .sum();
            assert_eq!(rows, expected);
        };
        rows(1);
        let mut ingest = Ingest::open(&lake, options()).unwrap();
        assert!(ingest.events.columns().unwrap() > old.fields().len() as u64 + 1);
        let source = |number| Ingest::source_of(&event(number)).unwrap();
        assert_eq!(ingest.take(vec![source(1), source(2)]).unwrap().rows, 1);
        rows(2);
        assert_eq!(
            lake.compact(Compacting::Days(1), 1, 64 << 20, &|_, _| ())
                .unwrap()
                .rows,
            2
        );
        rows(2);
    }
}
