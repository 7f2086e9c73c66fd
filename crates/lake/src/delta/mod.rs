//! The lake: Delta tables that stay, which any other Delta reader opens too.
//!
//! In: log files, batch after batch, and rows that other parts of Keyline keep. Out: opened logs that are read
//! exactly as Parquet files are, and the state of the tables for people. The log of a table is delta-rs's; files are
//! written and read by the same code as every other Parquet of Keyline. A lake is a folder, or a prefix
//! in a bucket; several Keyline processes may write it at a time, nothing else may.

mod cache;
mod store;

// The tables.
mod day;
mod spec;
mod table;

// Events from files into the table, each once.
mod ledger;
mod known;
mod day_files;
mod ingest;
mod sources;

// Rows of other sorts.
mod rows;
mod derived;
mod uses;

// What is there.
mod snapshot;
mod since;
mod info;
mod verify;

// Care.
mod compact;
mod retain;

use std::fmt;

use deltalake::DeltaTableError;
use serde_json::{Value, json};

use self::store::{Store, is_partial};
use crate::error::{Error, ErrorKind};

pub use compact::{Compacted, Compacting};
pub use derived::Derived;
pub use info::{LedgerInfo, TableInfo};
pub use ingest::{Fetch, Fetched, Haul, Ingest, Ingested, NOT_FETCHED};
pub use ledger::SourceFile;
pub use retain::{Retained, Vacuumed, check_vacuum_hours};
pub use rows::StoredTable;
pub use since::Added;
pub use sources::{Sources, find_sources, find_wanted};
pub use spec::{
    DAY, TableSpec, containment_audit, dead_letters, events, health, keyline_alerts,
    keyline_incidents,
};
pub use verify::{Finding, Verified};

/// Where a lake lies when nothing says otherwise.
pub const DEFAULT_LOCATION: &str = "./keyline-lake";

/// Where notes lie.
const NOTES: &str = "_notes";

const MARKER: &str = "keyline-lake.json";
const SCHEMA_NAME: &str = "keyline.lake";
const SCHEMA_VERSION: u64 = 1;

/// A lake. A clone is another handle on the same.
#[derive(Clone)]
pub struct Lake {
    store: Store,
}

impl Lake {
    /// A lake that is there.
    pub fn open(location: &str) -> Result<Lake, Error> {
        let store = Store::at(location)?;
        match store.read(MARKER)? {
            Some(bytes) => check_marker(&store, &bytes)?,
            None => {
                let message = format!(
                    "there is no lake at `{}`: `keyline ingest PATH… --lake {location}` makes one",
                    store.shown()
                );
                return Err(Error::new(ErrorKind::NoInput, message));
            }
        }
        Ok(Lake { store })
    }

    /// Whether there is a lake.
    pub fn is_at(location: &str) -> bool {
        Store::at(location).is_ok_and(|store| matches!(store.read(MARKER), Ok(Some(_))))
    }

    /// A lake, made now if there is none. A folder that holds something else is left alone.
    pub fn open_or_make(location: &str) -> Result<Lake, Error> {
        let store = Store::at(location)?;
        if store.read(MARKER)?.is_none() {
            if let Some(folder) = store.local()
                && let Ok(entries) = std::fs::read_dir(folder)
                && entries
                    .flatten()
                    .any(|entry| !entry.file_name().to_str().is_some_and(is_partial))
            {
                let message = format!(
                    "`{}` holds something that is no lake; name a folder that is empty or not there",
                    folder.display()
                );
                return Err(Error::new(ErrorKind::Foreign, message));
            }
            store.make()?;
            let text = json!({ "schema": format!("{SCHEMA_NAME}/{SCHEMA_VERSION}") }).to_string();
            // Where somebody else was quicker, it is a lake all the same.
            store.put_new(MARKER, text.into_bytes())?;
        }
        Lake::open(location)
    }

    /// Where it is, for messages.
    pub fn shown(&self) -> String {
        self.store.shown()
    }

    /// A note that somebody keeps beside the tables, if it is there.
    pub fn note(&self, name: &str) -> Result<Option<Vec<u8>>, Error> {
        let bytes = self.store.read(&format!("{NOTES}/{name}"))?;
        Ok(bytes.map(|bytes| bytes.to_vec()))
    }

    /// Keeps a note in the place of the one that is there; it is on disk when this returns.
    pub fn keep_note(&self, name: &str, bytes: Vec<u8>) -> Result<(), Error> {
        self.store.put(&format!("{NOTES}/{name}"), bytes)
    }

    pub(crate) fn store(&self) -> &Store {
        &self.store
    }
}

impl fmt::Debug for Lake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Lake({})", self.shown())
    }
}

fn check_marker(store: &Store, bytes: &[u8]) -> Result<(), Error> {
    let value: Value = serde_json::from_slice(bytes).unwrap_or_default();
    let version = value["schema"]
        .as_str()
        .and_then(|text| text.strip_prefix(SCHEMA_NAME)?.strip_prefix('/'))
        .and_then(|version| version.parse::<u64>().ok());
    match version {
        Some(SCHEMA_VERSION) => Ok(()),
        Some(newer) if newer > SCHEMA_VERSION => Err(Error::new(
            ErrorKind::Newer,
            format!(
                "the lake at `{}` has the schema `{SCHEMA_NAME}/{newer}`, this Keyline knows \
                 `{SCHEMA_NAME}/{SCHEMA_VERSION}`; use a newer Keyline",
                store.shown()
            ),
        )),
        _ => Err(Error::new(
            ErrorKind::Foreign,
            format!("`{MARKER}` in `{}` is not one of Keyline's", store.shown()),
        )),
    }
}

/// An error of delta-rs, in words that name the table.
fn delta_error(table: &str, error: &DeltaTableError) -> Error {
    Error::new(
        ErrorKind::Io,
        format!("the table `{table}` of the lake: {error}"),
    )
}

/// The wall clock in milliseconds since 1970: for what the log of a table says of itself, never for rows.
fn wall_clock_millis() -> i64 {
    std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |since| since.as_millis() as i64)
}
