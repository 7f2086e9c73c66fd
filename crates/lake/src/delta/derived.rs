//! Lineage that stays: `Credential`, `CredentialAlias` and `CredentialEdge` as tables of the lake; `CredentialUse` beside
//! them in `uses.rs`.
//!
//! In: the forest of all events up to a version of their table. Out: rows in the place of those that were there, with
//! the version as a mark, so that whoever reads knows whether they are as new as the events: then a query has them
//! without building the forest, and other programs have them in any case. They can always be made again.
//! Deliberately not here: `CredentialEvents`, which is as large as the events, and stays a view.

use keyline_lineage::{Forest, Production};
use xxhash_rust::xxh3::xxh3_64;

use super::Lake;
use super::rows::StoredTable;
use super::spec::{TableSpec, derived_columns};
use super::table::{Change, Committed, Table};
use crate::error::Error;
use crate::lineage::rows_of_lineage;
use crate::logs::Logs;

/// The application that marks the version of the events.
pub(crate) const APPLICATION: &str = "derived:lineage";
/// The one that marks what was taken for production.
pub(crate) const PRODUCTION: &str = "derived:production";

/// What is known of a derived table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Derived {
    /// The version of the table of events that it was made of.
    pub version: i64,
    production: i64,
}

impl Derived {
    /// What the marks of a table say.
    pub(crate) fn of(table: &Table) -> Result<Option<Derived>, Error> {
        let (version, production) = (table.mark(APPLICATION)?, table.mark(PRODUCTION)?);
        Ok(version
            .zip(production)
            .map(|(version, production)| Derived {
                version,
                production,
            }))
    }
}

impl Lake {
    /// Keeps the lineage of the events up to a version. Blocks.
    pub fn keep_lineage(
        &self,
        forest: &Forest,
        production: &Production,
        version: u64,
    ) -> Result<(), Error> {
        for (name, columns, rows) in rows_of_lineage(forest)? {
            let spec = TableSpec::whole(name, derived_columns(&columns));
            let mut table = Table::open_or_make(self.store(), spec)?;
            let add = match rows.num_rows() {
                0 => Vec::new(),
                _ => vec![table.write(None, &rows)?],
            };
            let change = Change {
                add,
                remove: table.files()?,
                also: marks(version, production),
                ..Change::default()
            };
            // Where another one was quicker its rows are as good.
            let _: Committed = table.commit(change)?;
        }
        Ok(())
    }
}

impl Logs {
    /// The tables of lineage beside the events that are as new as these.
    pub fn kept_lineage(&self, production: &Production) -> impl Iterator<Item = &StoredTable> {
        let (version, tag) = (self.version(), tag(production));
        self.stored_tables().iter().filter(move |table| {
            table
                .derived
                .is_some_and(|it| Some(it.version) == version && it.production == tag)
        })
    }
}

/// The marks of a table that is made of the events up to a version.
pub(super) fn marks(version: u64, production: &Production) -> Vec<(String, i64)> {
    let version = i64::try_from(version).unwrap_or(i64::MAX);
    vec![
        (APPLICATION.to_owned(), version),
        (PRODUCTION.to_owned(), tag(production)),
    ]
}

/// Stands for what is taken for production.
fn tag(production: &Production) -> i64 {
    let accounts = production.accounts.iter();
    let assets = production.assets.iter();
    let mut all: Vec<&str> = accounts.chain(assets).map(String::as_str).collect();
    all.sort_unstable();
    // Marks are no less than nothing.
    (xxh3_64(all.join("\n").as_bytes()) >> 1) as i64
}
