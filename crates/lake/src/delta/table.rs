//! One table: its log, which files it is made of, and how that changes.
//!
//! In: the lake and a spec. Out: the files of the newest version, each with what its line in the log says, and
//! commits, which happen whole or not at all. A commit may carry the number of an application, which is how it
//! is known after a crash whether something was done. Reading the files is not done here.

use std::collections::HashMap;

use arrow_schema::{Field, Schema};
use deltalake::kernel::transaction::CommitProperties;
use deltalake::kernel::transaction::{CommitBuilder, TableReference};
use deltalake::kernel::{Action, Add, Remove, Transaction};
use deltalake::operations::create::CreateBuilder;
use deltalake::protocol::{DeltaOperation, SaveMode};
use deltalake::{DeltaTable, DeltaTableError};
use futures::TryStreamExt;
use keyline_trail::Column;
use serde_json::{Value, json};
use xxhash_rust::xxh3::xxh3_64;

use super::day::Day;
use super::spec::{DAY, TableSpec, arrow_field, kql_type};
use super::store::{Store, run};
use super::{delta_error, wall_clock_millis};
use crate::error::{Error, ErrorKind};
use crate::limits;

/// The mark of commits that remove files.
const REWRITES: &str = "rewrite";

/// An opened table at some version.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) spec: TableSpec,
    store: Store,
    inner: DeltaTable,
}

/// A file of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TableFile {
    /// Relative to the table.
    pub(crate) path: String,
    pub(crate) day: Option<Day>,
    pub(crate) bytes: u64,
    pub(crate) rows: u64,
    /// The earliest and the latest time in it, in microseconds since 1970; none where no row has a time.
    pub(crate) first: Option<i64>,
    pub(crate) last: Option<i64>,
    pub(crate) accounts: Vec<String>,
    pub(crate) regions: Vec<String>,
    /// It holds raw records.
    pub(crate) raw_record: bool,
    /// Stands for the names of its columns, the raw record aside ([`columns_tag`]).
    pub(crate) columns: String,
    /// Its rows are sorted, and it was written by a compaction.
    pub(crate) compacted: bool,
}

/// A change of a table.
#[derive(Debug, Default)]
pub(crate) struct Change {
    pub(crate) add: Vec<TableFile>,
    pub(crate) remove: Vec<TableFile>,
    /// The name of an application, and the number that this commit is for it.
    pub(crate) mark: Option<(String, i64)>,
    /// Further marks, which are not asked about.
    pub(crate) also: Vec<(String, i64)>,
    /// The rows stay what they are: they lie in other files afterwards.
    pub(crate) moves_rows: bool,
}

/// How a commit ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Committed {
    Done,
    /// Another writer had done what the mark stands for.
    Before,
    /// Another writer changed the files that were to be removed.
    Overtaken,
}

impl Table {
    /// The table, if it is there.
    pub(crate) fn open(store: &Store, spec: TableSpec) -> Result<Option<Table>, Error> {
        let before = store.opened(&spec.name).and_then(|mut before| {
            let updated = run(before.update_state());
            updated.is_ok().then_some(before)
        });
        let inner = match before {
            Some(before) => before,
            None => {
                let mut inner = store.table(&spec.name)?;
                let there = run(inner.verify_deltatable_existence());
                if !there.map_err(|error| delta_error(&spec.name, &error))? {
                    return Ok(None);
                }
                run(inner.load()).map_err(|error| delta_error(&spec.name, &error))?;
                inner
            }
        };
        store.remember(&spec.name, &inner);
        let table = Table {
            spec,
            store: store.clone(),
            inner,
        };
        table.check()?;
        Ok(Some(table))
    }

    /// The table as it was at a version; nothing where that cannot be told any more.
    pub(crate) fn open_at(
        store: &Store,
        spec: TableSpec,
        version: u64,
    ) -> Result<Option<Table>, Error> {
        let mut inner = store.table(&spec.name)?;
        if run(inner.load_version(version)).is_err() {
            return Ok(None);
        }
        let table = Table {
            spec,
            store: store.clone(),
            inner,
        };
        table.check()?;
        Ok(Some(table))
    }

    /// The table, made now if it is not there.
    pub(crate) fn open_or_make(store: &Store, spec: TableSpec) -> Result<Table, Error> {
        if let Some(mut table) = Table::open(store, spec.clone())? {
            table.grow()?;
            return Ok(table);
        }
        let made = CreateBuilder::new()
            .with_log_store(store.table(&spec.name)?.log_store())
            .with_table_name(&spec.name)
            .with_columns(spec.delta_columns()?)
            .with_partition_columns(spec.partition_columns())
            .with_configuration_property(
                deltalake::TableProperty::CheckpointInterval,
                Some(limits::CHECKPOINT_COMMITS.to_string()),
            )
            .with_save_mode(SaveMode::Ignore);
        match run(made.into_future()) {
            Ok(_) => {}
            // Somebody else may have made it at the same time; then it opens.
            Err(error) => {
                let opened = Table::open(store, spec.clone());
                return match opened {
                    Ok(Some(table)) => Ok(table),
                    _ => Err(delta_error(&spec.name, &error)),
                };
            }
        }
        Table::open(store, spec.clone())?.ok_or_else(|| {
            let message = format!("the table `{}` is gone as soon as it is made", spec.name);
            Error::new(ErrorKind::Io, message)
        })
    }

    /// Adds the columns that the table lacks; what lies in it reads as nulls there.
    fn grow(&mut self) -> Result<(), Error> {
        let there = self.state()?.schema();
        let mut lacking = self.spec.delta_columns()?;
        lacking.retain(|field| there.field(field.name()).is_none());
        if lacking.is_empty() {
            return Ok(());
        }
        let grown = run(self
            .inner
            .clone()
            .add_columns()
            .with_fields(lacking.clone())
            .into_future());
        self.refresh()?;
        // Somebody else may have added them at the same time.
        let there = self.state()?.schema();
        match grown {
            Err(error) if lacking.iter().any(|it| there.field(it.name()).is_none()) => {
                Err(delta_error(&self.spec.name, &error))
            }
            _ => Ok(()),
        }
    }

    /// Whether it is a table that this Keyline may read: one that nobody has altered in a way that changes
    /// what its files mean.
    fn check(&self) -> Result<(), Error> {
        let name = &self.spec.name;
        let state = self.state()?;
        let version = state.protocol().min_reader_version();
        let columns_are_renamed = state
            .metadata()
            .configuration()
            .get("delta.columnMapping.mode")
            .is_some_and(|mode| mode != "none");
        if version > 1 || columns_are_renamed {
            let features = match state.protocol().reader_features() {
                Some(features) => features
                    .iter()
                    .map(|feature| feature.to_string())
                    .collect::<Vec<_>>()
                    .join(", "),
                None => format!("reader version {version}"),
            };
            let message = format!(
                "the table `{name}` was altered by another program ({features}): Keyline writes tables \
                 without deletion vectors, column mapping and type widening, and reads only such; make a \
                 new lake from the logs, or undo it there"
            );
            return Err(Error::new(ErrorKind::Foreign, message));
        }
        Ok(())
    }

    fn state(&self) -> Result<&deltalake::table::state::DeltaTableState, Error> {
        let state = self.inner.snapshot();
        state.map_err(|error| delta_error(&self.spec.name, &error))
    }

    /// Goes to the newest version.
    pub(crate) fn refresh(&mut self) -> Result<(), Error> {
        let updated = run(self.inner.update_state());
        updated.map_err(|error| delta_error(&self.spec.name, &error))?;
        self.check()
    }

    /// Its columns, as our files have them, with their types in KQL.
    pub(crate) fn fields(&self) -> Result<Vec<(Field, &'static str)>, Error> {
        let schema = self.state()?.schema();
        let fields = schema.fields();
        Ok(fields
            .filter_map(|field| Some((arrow_field(field)?, kql_type(field))))
            .collect())
    }

    /// How many columns it has.
    pub(crate) fn columns(&self) -> Result<u64, Error> {
        Ok(self.state()?.schema().fields().count() as u64)
    }

    pub(crate) fn version(&self) -> u64 {
        self.inner.version().unwrap_or_default()
    }

    /// What its log is read from.
    pub(crate) fn log_store(&self) -> deltalake::logstore::LogStoreRef {
        self.inner.log_store()
    }

    /// The number that an application has reached.
    pub(crate) fn mark(&self, application: &str) -> Result<Option<i64>, Error> {
        let log = self.inner.log_store();
        let state = self.state()?;
        run(state.transaction_version(log.as_ref(), application))
            .map_err(|error| delta_error(&self.spec.name, &error))
    }

    /// The files of this version, by their paths.
    pub(crate) fn files(&self) -> Result<Vec<TableFile>, Error> {
        let log = self.state()?.snapshot().try_log_data();
        let log = log.map_err(|error| delta_error(&self.spec.name, &error))?;
        let mut files: Vec<TableFile> = log
            .iter()
            .map(|file| {
                #[expect(deprecated, reason = "the only way to a file's tags")]
                TableFile::of(file.add_action())
            })
            .collect();
        files.sort_by(|one, other| one.path.cmp(&other.path));
        Ok(files)
    }

    /// Which removed files are still named by versions younger than an instant, in milliseconds since 1970.
    pub(crate) fn removed_since(&self, instant: i64) -> Result<Vec<String>, Error> {
        let log = self.inner.log_store();
        let state = self.state()?;
        let removed: Result<Vec<_>, _> =
            run(async { state.all_tombstones(log.as_ref()).try_collect().await });
        let removed = removed.map_err(|error| delta_error(&self.spec.name, &error))?;
        Ok(removed
            .iter()
            .filter(|file| file.deletion_timestamp().is_none_or(|at| at >= instant))
            .map(|file| file.path().into_owned())
            .collect())
    }

    /// Commits a change on top of whatever others have committed meanwhile.
    ///
    /// delta-rs lets two writers remove the same file where neither changes rows, and so would let two compactions
    /// double them: whoever removes files counts on a mark of its own, of which only one commit has each number.
    pub(crate) fn commit(&mut self, mut change: Change) -> Result<Committed, Error> {
        let removes = !change.remove.is_empty();
        if !removes && self.is_done(&change)? {
            return Ok(Committed::Before);
        }
        for _ in 0..limits::COMMIT_RETRIES_MAX {
            if removes {
                self.refresh()?;
                if !self.has_all(&change.remove)? {
                    return Ok(Committed::Overtaken);
                }
                let number = self.mark(REWRITES)?.unwrap_or(0) + 1;
                change.mark = Some((REWRITES.to_owned(), number));
            }
            let outcome = self.try_commit(&change);
            // Whatever the answer was, the log says what happened: a commit may be done and its answer lost.
            self.refresh()?;
            let Err(error) = outcome else {
                return Ok(Committed::Done);
            };
            let there = self.files()?;
            let is_there = |file: &TableFile| there.iter().any(|other| other.path == file.path);
            if change.add.iter().any(is_there) {
                return Ok(Committed::Done);
            }
            if !removes && self.is_done(&change)? {
                return Ok(Committed::Before);
            }
            // Others were quicker, and this change may still be made on top of theirs.
            if !matches!(*error, DeltaTableError::Transaction { .. }) {
                return Err(delta_error(&self.spec.name, &error));
            }
        }
        let message = format!(
            "the table `{}` of the lake was changed by others at each of {} attempts to commit",
            self.spec.name,
            limits::COMMIT_RETRIES_MAX
        );
        Err(Error::new(ErrorKind::Io, message))
    }

    fn has_all(&self, files: &[TableFile]) -> Result<bool, Error> {
        let there = self.files()?;
        Ok(files
            .iter()
            .all(|file| there.iter().any(|other| other.path == file.path)))
    }

    /// Whether what the mark of a change stands for was done.
    fn is_done(&self, change: &Change) -> Result<bool, Error> {
        match &change.mark {
            Some((application, number)) => Ok(self.mark(application)? >= Some(*number)),
            None => Ok(false),
        }
    }

    fn try_commit(&self, change: &Change) -> Result<(), Box<DeltaTableError>> {
        let now = wall_clock_millis();
        let changes_rows = !change.moves_rows;
        let removes = change.remove.iter();
        let removes = removes.map(|file| Action::Remove(file.to_remove(now, changes_rows)));
        let adds = change.add.iter();
        let adds = adds.map(|file| Action::Add(file.to_add(now, changes_rows)));
        let mut properties =
            CommitProperties::default().with_max_retries(limits::COMMIT_RETRIES_MAX);
        for (application, number) in change.mark.iter().chain(&change.also) {
            let mark = Transaction::new(application.clone(), *number);
            properties = properties.with_application_transaction(mark);
        }
        let operation = if change.moves_rows {
            DeltaOperation::Optimize {
                predicate: None,
                target_size: limits::COMPACTED_BYTES_MAX as i64,
            }
        } else if !change.remove.is_empty() {
            DeltaOperation::Delete { predicate: None }
        } else {
            DeltaOperation::Write {
                mode: SaveMode::Append,
                partition_by: Some(self.spec.partition_columns()),
                predicate: None,
            }
        };
        let state = self.inner.snapshot().map_err(Box::new)?;
        let commit = CommitBuilder::from(properties)
            .with_actions(removes.chain(adds).collect())
            .build(
                Some(state as &dyn TableReference),
                self.inner.log_store(),
                operation,
            );
        run(commit.into_future()).map(drop).map_err(Box::new)
    }

    /// The name of a file of this table in the lake.
    pub(crate) fn name_of(&self, path: &str) -> String {
        format!("{}/{path}", self.spec.name)
    }

    pub(crate) fn store(&self) -> &Store {
        &self.store
    }
}

impl TableFile {
    /// A path that no file has.
    pub(crate) fn new_path(spec: &TableSpec, day: Option<Day>, what: &str) -> String {
        let number = uuid();
        match &spec.time {
            None => format!("{what}-{number}.parquet"),
            Some(_) => format!("{DAY}={}/{what}-{number}.parquet", Day::part(day)),
        }
    }

    pub(crate) fn of(add: Add) -> TableFile {
        let tags = add.tags.unwrap_or_default();
        let tag = |name: &str| tags.get(name).and_then(Option::as_deref);
        let stats: Value = add
            .stats
            .as_deref()
            .and_then(|text| serde_json::from_str(text).ok())
            .unwrap_or_default();
        let list = |name: &str| {
            let items = tag(name).unwrap_or_default().split(',');
            items
                .filter(|item| !item.is_empty())
                .map(str::to_owned)
                .collect()
        };
        let day = add.partition_values.get(DAY).cloned().flatten();
        TableFile {
            path: add.path,
            day: day.and_then(|text| Day::parse(&text)),
            bytes: u64::try_from(add.size).unwrap_or(0),
            rows: stats["numRecords"].as_u64().unwrap_or(0),
            first: tag("first").and_then(|time| time.parse().ok()),
            last: tag("last").and_then(|time| time.parse().ok()),
            accounts: list("accounts"),
            regions: list("regions"),
            raw_record: tag("raw").is_some(),
            columns: tag("columns").unwrap_or_default().to_owned(),
            compacted: tag("compacted").is_some(),
        }
    }

    fn to_add(&self, now: i64, data_change: bool) -> Add {
        let mut tags = HashMap::new();
        let mut tag = |name: &str, value: String| tags.insert(name.to_owned(), Some(value));
        for (name, time) in [("first", self.first), ("last", self.last)] {
            if let Some(time) = time {
                tag(name, time.to_string());
            }
        }
        tag("columns", self.columns.clone());
        for (name, list) in [("accounts", &self.accounts), ("regions", &self.regions)] {
            if !list.is_empty() {
                tag(name, list.join(","));
            }
        }
        for (name, is) in [("raw", self.raw_record), ("compacted", self.compacted)] {
            if is {
                tag(name, "1".to_owned());
            }
        }
        Add {
            path: self.path.clone(),
            partition_values: self.partition_values(),
            size: self.bytes as i64,
            modification_time: now,
            data_change,
            stats: Some(self.stats()),
            tags: Some(tags),
            ..Add::default()
        }
    }

    fn to_remove(&self, now: i64, data_change: bool) -> Remove {
        Remove {
            path: self.path.clone(),
            data_change,
            deletion_timestamp: Some(now),
            extended_file_metadata: Some(true),
            size: Some(self.bytes as i64),
            partition_values: Some(self.partition_values()),
            ..Remove::default()
        }
    }

    fn partition_values(&self) -> HashMap<String, Option<String>> {
        match self.path.split_once('/') {
            Some((part, _)) if part.starts_with(DAY) => {
                HashMap::from([(DAY.to_owned(), self.day.map(|day| day.to_string()))])
            }
            _ => HashMap::new(),
        }
    }

    /// What other readers of the log prune by.
    fn stats(&self) -> String {
        let mut stats = json!({ "numRecords": self.rows });
        if let Some((first, last)) = self.first.zip(self.last)
            && self.day.is_some()
        {
            let name = Column::TimeGenerated.name();
            stats["minValues"] = json!({ name: super::day::instant(first) });
            stats["maxValues"] = json!({ name: super::day::instant(last) });
        }
        stats.to_string()
    }
}

/// A short text that is the same for files with the same columns, whether or not they hold raw records.
pub(crate) fn columns_tag(schema: &Schema) -> String {
    let names = schema.fields().iter().map(|field| field.name().as_str());
    let mut names: Vec<&str> = names
        .filter(|name| *name != Column::RawRecord.name())
        .collect();
    names.sort_unstable();
    format!("{:016x}", xxh3_64(names.join(",").as_bytes()))
}

/// Something that no other process calls a file.
fn uuid() -> String {
    use std::sync::atomic::{AtomicU64, Ordering};
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |since| since.as_nanos());
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let seed = std::collections::hash_map::RandomState::new();
    let random = std::hash::BuildHasher::hash_one(&seed, (now, count, std::process::id()));
    format!("{:016x}{random:016x}", now as u64)
}
