//! What goes out of the lake: old days of events, and files that nothing names any more.
//!
//! In: how old is too old. Out: a commit that lets go of whole days, and files deleted. Days that are let go are gone
//! from the tables at once; their files stay until a vacuum finds that no version young enough names them, so
//! that whoever is reading an older version can end in peace. Facts about credentials, incidents and
//! containment are not events and stay.

use std::collections::HashSet;

use super::Lake;
use super::day::Day;
use super::spec::{TableSpec, dead_letters, events};
use super::store::is_partial;
use super::table::{Change, Committed, Table};
use super::wall_clock_millis;
use crate::error::{Error, ErrorKind};
use crate::limits;

/// What was let go.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Retained {
    pub days: u64,
    pub files: u64,
    pub rows: u64,
    pub bytes: u64,
}

/// What was deleted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Vacuumed {
    pub files: u64,
    pub bytes: u64,
    /// Files that nothing names but that are too young to be deleted.
    pub kept: u64,
}

impl Lake {
    /// Lets go of the events, and of the dead letters, of all days before the one that `days` days before
    /// `now`, in microseconds since 1970, fall on. Blocks.
    pub fn retain(&self, days: u32, now: i64, dry_run: bool) -> Result<Retained, Error> {
        let first = Day(Day::of(now).0 - i32::try_from(days).unwrap_or(i32::MAX).min(4_000_000));
        let mut done = Retained::default();
        for spec in [events(), dead_letters()] {
            let is_events = spec.name == events().name;
            for _ in 0..limits::COMMIT_RETRIES_MAX {
                let Some(mut table) = Table::open(self.store(), spec.clone())? else {
                    break;
                };
                let old: Vec<_> = table
                    .files()?
                    .into_iter()
                    .filter(|file| file.day.is_some_and(|day| day < first))
                    .collect();
                if old.is_empty() {
                    break;
                }
                let gone: HashSet<Option<Day>> = old.iter().map(|file| file.day).collect();
                let these = Retained {
                    days: gone.len() as u64,
                    files: old.len() as u64,
                    rows: old.iter().map(|file| file.rows).sum(),
                    bytes: old.iter().map(|file| file.bytes).sum(),
                };
                let committed = match dry_run {
                    true => Committed::Done,
                    false => table.commit(Change {
                        remove: old,
                        ..Change::default()
                    })?,
                };
                if committed == Committed::Done {
                    if is_events {
                        done = these;
                    }
                    break;
                }
            }
        }
        Ok(done)
    }

    /// Deletes files that no version of a table younger than so many hours names. Blocks.
    pub fn vacuum(&self, hours: u32, dry_run: bool) -> Result<Vacuumed, Error> {
        let now = wall_clock_millis();
        let before = now - i64::from(hours) * 3_600_000;
        let mut done = Vacuumed::default();
        for name in self.table_names()? {
            let spec = TableSpec::whole(&name, arrow_schema::Schema::empty().into());
            let Some(table) = Table::open(self.store(), spec)? else {
                continue;
            };
            let files = self.store().list(&name, None)?;
            // The newest version is looked at after the files, so that a commit in between is seen.
            let Some(newest) = Table::open(self.store(), table.spec.clone())? else {
                continue;
            };
            let mut named: HashSet<String> =
                newest.files()?.into_iter().map(|file| file.path).collect();
            named.extend(newest.removed_since(before)?);
            for file in files {
                let Some(path) = file.name.strip_prefix(&name) else {
                    continue;
                };
                let path = path.trim_start_matches('/');
                let is_log = path.starts_with("_delta_log/");
                let is_partial = path.rsplit('/').next().is_some_and(is_partial);
                if named.contains(path) || (is_log && !is_partial) {
                    continue;
                }
                // A writer that has not committed yet may have just made it.
                if file.modified >= before {
                    done.kept += 1;
                    continue;
                }
                done.files += 1;
                done.bytes += file.bytes;
                if !dry_run {
                    self.store().delete(&file.name)?;
                }
            }
        }
        Ok(done)
    }
}

/// Whether hours are too few for the others who read and write to end what they do.
pub fn check_vacuum_hours(hours: u32, is_forced: bool) -> Result<(), Error> {
    if hours >= limits::VACUUM_HOURS_MIN || is_forced {
        return Ok(());
    }
    let message = format!(
        "{hours} hours are too few: whoever reads or writes for longer would lose files that it needs; give \
         {} at least, or `--force` when nobody else uses the lake",
        limits::VACUUM_HOURS_MIN
    );
    Err(Error::new(ErrorKind::Io, message))
}
