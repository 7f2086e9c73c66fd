//! What came into the table of events after a version of it.
//!
//! In: the version up to which somebody has looked. Out: the files that were added since, with the times of their
//! events, and the version that they lead to. Read from the log of the table, commit after commit: a compaction
//! in between adds no rows and is passed over. Where a commit is gone from the log, all files are new.

use deltalake::kernel::Action;
use deltalake::logstore::get_actions;

use super::Lake;
use super::delta_error;
use super::spec::events;
use super::store::run;
use super::table::{Table, TableFile};
use crate::error::Error;
use crate::logs::{LogOptions, Logs};

/// What was added.
#[derive(Debug, Clone, Default)]
pub struct Added {
    /// The version of the table that this leads to.
    pub version: u64,
    /// All of the table, because nothing is known of what was there before.
    pub whole: bool,
    pub rows: u64,
    files: Vec<TableFile>,
}

impl Added {
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    pub(crate) fn files(&self) -> &[TableFile] {
        &self.files
    }

    /// The first and the last time of the events in each file, in microseconds since 1970; files whose events have
    /// none are left out.
    pub fn spans(&self) -> impl Iterator<Item = (i64, i64)> {
        self.files
            .iter()
            .filter_map(|file| file.first.zip(file.last))
    }
}

impl Lake {
    /// What was added to the events since a version; all that is there when there is none. Blocks.
    pub fn added_since(&self, version: Option<u64>) -> Result<Added, Error> {
        let Some(table) = Table::open(self.store(), events())? else {
            return Ok(Added {
                whole: true,
                ..Added::default()
            });
        };
        let now = table.version();
        let files = match version {
            Some(version) if version <= now => table.added_between(version, now)?,
            _ => None,
        };
        let whole = files.is_none();
        let files = files.map_or_else(|| table.files(), Ok)?;
        Ok(Added {
            version: now,
            whole,
            rows: files.iter().map(|file| file.rows).sum(),
            files,
        })
    }

    /// All that lay in the table of events at a version; nothing where that cannot be told any more. Blocks.
    pub fn added_until(&self, version: u64) -> Result<Option<Added>, Error> {
        let Some(table) = Table::open_at(self.store(), events(), version)? else {
            return Ok(None);
        };
        let files = table.files()?;
        let are_there = files.iter().all(|file| match self.store().local() {
            Some(folder) => folder.join(table.name_of(&file.path)).is_file(),
            None => self
                .store()
                .fetched(&table.name_of(&file.path), file.bytes)
                .is_ok(),
        });
        Ok(are_there.then(|| Added {
            version,
            whole: true,
            rows: files.iter().map(|file| file.rows).sum(),
            files,
        }))
    }

    /// The events that were added, as logs. Blocks.
    pub fn logs_of(&self, added: &Added, options: LogOptions) -> Result<Logs, Error> {
        self.logs_of_files(&added.files, options)
    }
}

impl Table {
    /// The files that commits after one version, up to another, have added with rows of their own; nothing where the
    /// log does not tell.
    pub(super) fn added_between(
        &self,
        after: u64,
        until: u64,
    ) -> Result<Option<Vec<TableFile>>, Error> {
        let log = self.log_store();
        let mut added = Vec::new();
        for version in after + 1..=until {
            let actions = run(log.read_commit_entry(version)).and_then(|bytes| match bytes {
                Some(bytes) => get_actions(version, &bytes).map(Some),
                None => Ok(None),
            });
            let actions = actions.map_err(|error| delta_error(&self.spec.name, &error))?;
            let Some(actions) = actions else {
                return Ok(None);
            };
            added.extend(actions.into_iter().filter_map(|action| match action {
                Action::Add(add) if add.data_change => Some(TableFile::of(add)),
                _ => None,
            }));
        }
        Ok(Some(added))
    }
}
