//! The logs of one run: which files they are, how they are read, and what was found in them.
//!
//! In: paths and options. Out: the tables over them, and the coverage. Opening looks only for the
//! files; reading happens in passes (`pass.rs`). The first complete pass settles the coverage, so a
//! query that scans twice is not counted twice. Before rows are handed out, all files have been
//! looked through once for addenda, because one may patch an event of any other file.

use std::collections::HashMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use datafusion::catalog::TableProvider;
use datafusion::common::TableReference;
use datafusion::prelude::SessionContext;
use keyline_source::{FileKind, Found, InputFile, Span, delivery_time, discover, spool};
use keyline_trail::{
    AWS_COLUMNS, Column, Coverage, Identity, ProblemKind, Projection, ReadOptions, SessionTokens,
    TABLE, TABLE_AWS,
};

use crate::addenda::Addenda;
#[cfg(feature = "lake")]
use crate::delta::StoredTable;
use crate::error::{Error, ErrorKind, scratch};
use crate::parquet_read::ParquetLogs;
use crate::pass::{Counting, Pass};
use crate::raw::RawTable;
use crate::{gaps, limits, tables};

/// How logs are read.
#[derive(Clone)]
pub struct LogOptions {
    /// Files read at the same time.
    pub threads: usize,
    /// Bytes of memory that reading may use in all.
    pub memory_bytes: u64,
    pub session_tokens: SessionTokens,
    pub raw_record: RawRecord,
    /// The earliest and latest `TimeGenerated` that the tables hold, in microseconds since 1970,
    /// both inclusive.
    pub since: Option<i64>,
    pub until: Option<i64>,
    /// The wall clock in microseconds since 1970: an event dated more than a day beyond it is the
    /// problem `future-time`.
    pub now: Option<i64>,
    /// Where scratch files may be created; the system's folder for them when absent.
    pub scratch_folder: Option<PathBuf>,
    /// Called after each file, from any thread.
    pub progress: Option<ProgressCallback>,
}

/// Whether the table `CloudTrail` has the column `RawRecord`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RawRecord {
    Leave,
    Keep,
}

/// What a pass over the logs has done so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    pub files: u64,
    pub files_total: u64,
    /// Bytes of JSON read.
    pub bytes: u64,
    pub events: u64,
}

/// What is told about progress.
pub type ProgressCallback = Arc<dyn Fn(Progress) + Send + Sync>;

impl fmt::Debug for LogOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogOptions")
            .field("threads", &self.threads)
            .field("memory_bytes", &self.memory_bytes)
            .field("since", &self.since)
            .field("until", &self.until)
            .finish_non_exhaustive()
    }
}

/// Opened logs. A clone is another handle on the same.
#[derive(Debug, Clone)]
pub struct Logs {
    inner: Arc<Inner>,
    #[cfg(feature = "lake")]
    stored: Arc<[StoredTable]>,
    /// The version of the lake's events, where these are all of them.
    #[cfg(feature = "lake")]
    version: Option<i64>,
}

#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) options: LogOptions,
    /// The log files; Parquet is not among them.
    pub(crate) files: Vec<InputFile>,
    pub(crate) parquet: Option<ParquetLogs>,
    /// What to call the files that were spooled.
    names: HashMap<usize, String>,
    /// What finding the files has already met.
    found: Coverage,
    pub(crate) scratch: tempfile::TempDir,
    /// Records were met that have one id and differ in their bytes: from then on contents are compared.
    differ: AtomicBool,
    survey: Mutex<Option<Arc<Survey>>>,
}

/// What one complete pass has found out.
#[derive(Debug)]
pub(crate) struct Survey {
    pub(crate) coverage: Coverage,
    pub(crate) addenda: Arc<Addenda>,
}

impl Logs {
    /// Finds the files below the paths and spools what can be read only once.
    pub fn open(paths: &[PathBuf], options: LogOptions) -> Result<Logs, Error> {
        let found = discover(paths, Span::padded(options.since, options.until))?;
        if found.files.is_empty() && !found.stdin && !found.passed_over_for_time() {
            return Err(nothing_to_read(paths, &found));
        }
        let scratch_folder = scratch_folder(&options).map_err(scratch)?;
        let mut coverage = coverage_of(&found);
        let mut files = Vec::new();
        let mut parquet = Vec::new();
        let mut names = HashMap::new();
        if found.stdin {
            let path = spool(std::io::stdin().lock(), scratch_folder.path(), "stdin")?;
            names.insert(0, "stdin".to_owned());
            files.push(spooled(path));
        }
        for file in found.files {
            match file.kind {
                FileKind::Logs => files.push(file),
                FileKind::Parquet => parquet.push(file.path),
                FileKind::Stream => {
                    let name = file.path.display().to_string();
                    let input = std::fs::File::open(&file.path).map_err(|error| {
                        Error::new(ErrorKind::Io, format!("cannot open `{name}`: {error}"))
                    })?;
                    let copy = format!("stream-{}", files.len());
                    names.insert(files.len(), name);
                    files.push(spooled(spool(input, scratch_folder.path(), &copy)?));
                }
            }
        }
        let (parquet, failed) = ParquetLogs::open_some(&parquet);
        if let Some(error) = failed
            && parquet.is_empty()
            && files.is_empty()
        {
            // There is nothing else to read.
            return Err(error);
        }
        coverage.merge(parquet.coverage().clone());
        let parquet = (!parquet.is_empty()).then_some(parquet);
        let found = coverage;
        Ok(Logs::new(
            options,
            files,
            names,
            parquet,
            found,
            scratch_folder,
        ))
    }

    /// Files and Parquet that somebody else has found, with what was met in finding them. The names say what to call
    /// files whose path nobody knows.
    #[cfg(feature = "lake")]
    pub(crate) fn of(
        files: Vec<InputFile>,
        names: HashMap<usize, String>,
        parquet: Option<ParquetLogs>,
        found: Coverage,
        options: LogOptions,
    ) -> Result<Logs, Error> {
        let scratch = scratch_folder(&options).map_err(scratch)?;
        Ok(Logs::new(options, files, names, parquet, found, scratch))
    }

    fn new(
        options: LogOptions,
        files: Vec<InputFile>,
        names: HashMap<usize, String>,
        parquet: Option<ParquetLogs>,
        found: Coverage,
        scratch: tempfile::TempDir,
    ) -> Logs {
        let inner = Inner {
            options,
            files,
            parquet,
            names,
            found,
            scratch,
            differ: AtomicBool::new(false),
            survey: Mutex::new(None),
        };
        Logs {
            inner: Arc::new(inner),
            #[cfg(feature = "lake")]
            stored: Arc::new([]),
            #[cfg(feature = "lake")]
            version: None,
        }
    }

    /// The same with tables that lie beside the events, and the version of these.
    #[cfg(feature = "lake")]
    pub(crate) fn beside(mut self, tables: Vec<StoredTable>, version: Option<u64>) -> Logs {
        self.stored = tables.into();
        self.version = version.and_then(|version| i64::try_from(version).ok());
        self
    }

    #[cfg(feature = "lake")]
    pub(crate) fn version(&self) -> Option<i64> {
        self.version
    }

    /// The tables that lie beside the events in a lake.
    #[cfg(feature = "lake")]
    pub fn stored_tables(&self) -> &[StoredTable] {
        &self.stored
    }

    /// What finding the files has met.
    #[cfg(feature = "lake")]
    pub(crate) fn found(&self) -> &Coverage {
        &self.inner.found
    }

    /// The table `CloudTrail`: every column.
    pub fn table(&self) -> Result<Arc<dyn TableProvider>, Error> {
        let raw = || -> Arc<dyn TableProvider> {
            Arc::new(RawTable::new(self.inner.clone(), self.columns()))
        };
        self.with_parquet(raw, |parquet| parquet.table())
    }

    /// The table `AWSCloudTrail`: the columns of Sentinel, exactly.
    pub fn sentinel_table(&self) -> Result<Arc<dyn TableProvider>, Error> {
        let raw = || -> Arc<dyn TableProvider> {
            let columns = Column::all()[..AWS_COLUMNS].to_vec();
            Arc::new(RawTable::new(self.inner.clone(), columns))
        };
        self.with_parquet(raw, |parquet| parquet.sentinel_table())
    }

    /// Registers both tables under their names.
    pub fn register(&self, context: &SessionContext) -> Result<(), Error> {
        // Not plain text: that would fold the names' case.
        context.register_table(TableReference::bare(TABLE), self.table()?)?;
        context.register_table(TableReference::bare(TABLE_AWS), self.sentinel_table()?)?;
        Ok(())
    }

    /// The columns of `CloudTrail` over log files.
    pub(crate) fn columns(&self) -> Vec<Column> {
        let keep = |column: &Column| match column {
            Column::RawRecord => self.inner.options.raw_record == RawRecord::Keep,
            _ => true,
        };
        Column::all().iter().copied().filter(keep).collect()
    }

    /// One table over what comes of the log files and what lies in Parquet.
    pub(crate) fn with_parquet(
        &self,
        raw: impl FnOnce() -> Arc<dyn TableProvider>,
        of_parquet: impl FnOnce(&ParquetLogs) -> Result<Arc<dyn TableProvider>, Error>,
    ) -> Result<Arc<dyn TableProvider>, Error> {
        let Some(parquet) = &self.inner.parquet else {
            return Ok(raw());
        };
        let LogOptions { since, until, .. } = self.inner.options;
        let parquet = tables::clipped(of_parquet(parquet)?, since, until)?;
        if self.inner.files.is_empty() {
            return Ok(parquet);
        }
        tables::union(raw(), parquet)
    }

    /// Reads everything once, if that was not done yet, and says what there is. Blocks.
    pub fn survey(&self) -> Result<Coverage, Error> {
        Ok(self.inner.survey()?.coverage.clone())
    }

    /// What there is, if all of it has been read by now.
    pub fn coverage(&self) -> Option<Coverage> {
        self.inner
            .known_survey()
            .map(|survey| survey.coverage.clone())
    }

    /// Whether events can be found again by their places: not those that lie in Parquet.
    pub fn can_fetch(&self) -> bool {
        !self.has_parquet()
    }

    /// Whether some of the events lie in Parquet.
    pub(crate) fn has_parquet(&self) -> bool {
        self.inner.parquet.is_some()
    }

    /// How many files will be read.
    pub fn files(&self) -> usize {
        self.inner.files.len()
    }

    pub(crate) fn inner(&self) -> &Arc<Inner> {
        &self.inner
    }
}

impl Inner {
    /// What to call a file in a message.
    pub(crate) fn name(&self, file: usize) -> String {
        match self.names.get(&file) {
            Some(name) => name.clone(),
            None => self.files[file].path.display().to_string(),
        }
    }

    /// How records are read, with these columns.
    pub(crate) fn read_options(&self, projection: Projection) -> ReadOptions {
        ReadOptions {
            projection,
            identity: match self.compares_contents() {
                true => Identity::Compute,
                false => Identity::OfBytes,
            },
            session_tokens: self.options.session_tokens,
            horizon: self.horizon(),
            ..ReadOptions::default()
        }
    }

    /// The time after which no event can be.
    pub(crate) fn horizon(&self) -> Option<i64> {
        let now = self.options.now;
        now.map(|now| now.saturating_add(limits::HORIZON_US))
    }

    /// Whether an event of some time lies between `--since` and `--until`.
    pub(crate) fn within(&self, time: i64) -> bool {
        let (since, until) = (self.options.since, self.options.until);
        since.is_none_or(|since| since <= time) && until.is_none_or(|until| time <= until)
    }

    pub(crate) fn compares_contents(&self) -> bool {
        self.differ.load(Ordering::Relaxed)
    }

    /// Lets the passes after this one compare what records say, however they are written.
    pub(crate) fn compare_contents(&self) {
        self.differ.store(true, Ordering::Relaxed);
    }

    /// The numbers of the files by the time of their delivery, as far as their paths say it; those that
    /// do not say it come first, in the order of their paths.
    pub(crate) fn files_by_time(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.files.len()).collect();
        order.sort_by_cached_key(|number| {
            let file = &self.files[*number];
            let day = file.key.as_ref().and_then(|key| key.day);
            let name = file.path.file_name().unwrap_or_default();
            day.map(|day| (day, delivery_time(&name.to_string_lossy()).to_owned()))
        });
        order
    }

    pub(crate) fn known_survey(&self) -> Option<Arc<Survey>> {
        self.survey
            .lock()
            .expect("no holder of the lock panics")
            .clone()
    }

    /// The survey, made now if there is none. Others who ask wait for it.
    pub(crate) fn survey(self: &Arc<Self>) -> Result<Arc<Survey>, Error> {
        let mut known = self.survey.lock().expect("no holder of the lock panics");
        if let Some(survey) = &*known {
            return Ok(survey.clone());
        }
        let (addenda, coverage) = Addenda::collect(self)?;
        Ok(known
            .insert(Arc::new(self.settle(coverage, addenda)))
            .clone())
    }

    /// Takes over what a complete pass that met no addenda has counted.
    pub(crate) fn adopt(&self, coverage: Coverage) {
        let mut known = self.survey.lock().expect("no holder of the lock panics");
        if known.is_none() {
            *known = Some(Arc::new(self.settle(coverage, Addenda::default())));
        }
    }

    fn settle(&self, read: Coverage, addenda: Addenda) -> Survey {
        let mut coverage = self.found.clone();
        coverage.merge(read);
        let LogOptions { since, until, .. } = self.options;
        if let Some((first, last)) = coverage.first_event.zip(coverage.last_event)
            && (since.is_some_and(|since| last < since) || until.is_some_and(|until| until < first))
        {
            let kind = ProblemKind::Other("outside-span");
            coverage.problems.add(kind, || {
                "no event lies in the time that was asked for".to_owned()
            });
        }
        Survey {
            coverage,
            addenda: Arc::new(addenda),
        }
    }

    /// Runs a pass on as many threads as there may be, each with a sink of its own.
    pub(crate) fn run<S: Send>(
        self: &Arc<Self>,
        pass: &Pass,
        sinks: impl Fn(usize) -> S,
        work: impl Fn(&Pass, &mut S) -> Result<(), Error> + Sync,
    ) -> Result<Vec<S>, Error> {
        let threads = self.threads();
        let mut sinks: Vec<S> = (0..threads).map(sinks).collect();
        std::thread::scope(|scope| {
            let workers: Vec<_> = sinks
                .iter_mut()
                .map(|sink| scope.spawn(|| work(pass, sink)))
                .collect();
            // Joined in order, so that of several errors the same one is told each time.
            workers
                .into_iter()
                .try_for_each(|worker| match worker.join() {
                    Ok(result) => result,
                    Err(panic) => std::panic::resume_unwind(panic),
                })
        })?;
        Ok(sinks)
    }

    pub(crate) fn threads(&self) -> usize {
        self.options.threads.clamp(1, self.files.len().max(1))
    }

    /// A pass that counts nothing, for finding rows a second time.
    pub(crate) fn pass(
        self: &Arc<Self>,
        read: ReadOptions,
        counting: Counting,
        addenda: Option<Arc<Addenda>>,
    ) -> Pass {
        Pass::new(self.clone(), read, counting, addenda)
    }
}

fn scratch_folder(options: &LogOptions) -> std::io::Result<tempfile::TempDir> {
    // The builder makes folders that only this user can enter.
    let mut builder = tempfile::Builder::new();
    builder.prefix("keyline-");
    match &options.scratch_folder {
        Some(folder) => builder.tempdir_in(folder),
        None => builder.tempdir(),
    }
}

fn spooled(path: PathBuf) -> InputFile {
    let bytes = std::fs::metadata(&path).map_or(0, |meta| meta.len());
    InputFile {
        path,
        kind: FileKind::Logs,
        key: None,
        named: true,
        bytes,
    }
}

/// A run over no file at all would look like a quiet day.
fn nothing_to_read(paths: &[PathBuf], found: &Found) -> Error {
    let paths: Vec<String> = paths
        .iter()
        .map(|path| format!("`{}`", path.display()))
        .collect();
    let mut message = format!("there is no log file in {}", paths.join(", "));
    for (why, (count, example)) in &found.passed_over {
        let why = why.name().replace('-', " ");
        message += &format!("; {why} × {count}, as `{}`", example.display());
    }
    for problem in &found.problems {
        message += &format!("; `{}`: {}", problem.path.display(), problem.why);
    }
    Error::new(ErrorKind::NoInput, message)
}

/// What finding the files says: nothing is dropped silently.
pub(crate) fn coverage_of(found: &Found) -> Coverage {
    let mut coverage = Coverage {
        gaps: gaps::find(&found.files),
        ..Coverage::default()
    };
    let unlisted = coverage.gaps.len().saturating_sub(limits::GAPS_MAX);
    coverage.gaps.truncate(limits::GAPS_MAX);
    for _ in 0..unlisted {
        coverage
            .problems
            .add(ProblemKind::Other("too-many-gaps"), || {
                format!("only the first {} gaps are listed", limits::GAPS_MAX)
            });
    }
    for (why, (count, example)) in &found.passed_over {
        let kind = ProblemKind::Other(why.name());
        for _ in 0..*count {
            coverage
                .problems
                .add(kind, || example.display().to_string());
        }
    }
    for problem in &found.problems {
        coverage.files += 1;
        coverage.files_failed += 1;
        coverage.problems.add(ProblemKind::Unreadable, || {
            format!("{}: {}", problem.path.display(), problem.why)
        });
    }
    coverage
}
