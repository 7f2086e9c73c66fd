//! What a lake holds, in numbers.
//!
//! In: the lake. Out: for each table its files, rows, bytes and span, as its log says it, and for the ledger how far
//! it has come. No data file is opened.

use super::Lake;
use super::ledger::Ledger;
use super::spec::{TableSpec, dead_letters, events};
use super::table::Table;
use crate::error::Error;

/// A table in numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableInfo {
    pub name: String,
    pub version: u64,
    pub files: u64,
    pub rows: u64,
    pub bytes: u64,
    /// The parts that hold anything.
    pub days: u64,
    /// Microseconds since 1970.
    pub first: Option<i64>,
    pub last: Option<i64>,
    pub columns: u64,
}

/// The ledger in numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LedgerInfo {
    pub batches: i64,
    /// Batches whose events are in the table.
    pub committed: i64,
    pub files: u64,
}

impl Lake {
    /// The tables that there are, by their names. Blocks.
    pub fn tables(&self) -> Result<Vec<TableInfo>, Error> {
        let mut all = Vec::new();
        for name in self.table_names()? {
            let spec = match name.as_str() {
                name if name == events().name => events(),
                name if name == dead_letters().name => dead_letters(),
                // Of others only the log is looked at.
                name => TableSpec::whole(name, arrow_schema::Schema::empty().into()),
            };
            let Some(table) = Table::open(self.store(), spec)? else {
                continue;
            };
            let files = table.files()?;
            let days: std::collections::BTreeSet<_> = files.iter().map(|file| file.day).collect();
            all.push(TableInfo {
                name,
                version: table.version(),
                files: files.len() as u64,
                rows: files.iter().map(|file| file.rows).sum(),
                bytes: files.iter().map(|file| file.bytes).sum(),
                days: days.len() as u64,
                first: files.iter().filter_map(|file| file.first).min(),
                last: files.iter().filter_map(|file| file.last).max(),
                columns: table.columns()?,
            });
        }
        Ok(all)
    }

    /// How far the ledger has come. Blocks.
    pub fn ledger(&self) -> Result<LedgerInfo, Error> {
        let ledger = Ledger::open(self.store())?;
        let committed = self.mark(&events(), super::ingest::APPLICATION)?;
        Ok(LedgerInfo {
            batches: ledger.last(),
            committed: committed.unwrap_or(0),
            files: ledger.files() as u64,
        })
    }

    /// The names of the folders that are tables.
    pub(crate) fn table_names(&self) -> Result<Vec<String>, Error> {
        let mut names = Vec::new();
        for file in self.store().list("", None)? {
            let Some((name, rest)) = file.name.split_once('/') else {
                continue;
            };
            if rest.starts_with("_delta_log/") && names.last().is_none_or(|last| last != name) {
                names.push(name.to_owned());
            }
        }
        Ok(names)
    }
}
