//! The tables: event logs as they lie in files, Parquet that Keyline wrote, and empty tables of
//! what Sentinel has and the data has not.
//!
//! In: paths and options. Out: DataFusion table providers that read only the columns and rows that a
//! query asks for, and the coverage: what was read, what was wrong with it, what is missing. What a
//! record means is `trail`'s business, what a query means is the engine's.

#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod limits;

mod error;

// The log files: what they are, one pass over them, and what a pass looks after.
mod logs;

mod pass;

mod addenda;
mod gaps;
mod identities;

// The tables over them.
mod raw;

mod pushdown;

// Parquet, and all sources together.
mod parquet_write;

mod parquet_text;

mod parquet_keys;

mod parquet_groups;

mod parquet_read;

mod parquet_table;

mod tables;

// One pass for many queries.
mod cut;

mod gathering;

mod membership;

mod cut_table;

// Credentials and where they come from.
pub mod lineage;

// Tables that stay.
#[cfg(feature = "lake")]
pub mod delta;

// Tables without rows.
mod known_tables;

pub use cut::{Cut, Cuts, Need, cut};
pub use error::{Error, ErrorKind};
pub use gathering::ROW;
pub use keyline_source::{CacheOptions, Network, Origin, Reference, References};
pub use keyline_trail::{Coverage, Gap, Problem, ProblemKind, SessionTokens, TABLE, TABLE_AWS};
pub use known_tables::{KnownColumn, KnownTable, known_table, known_tables};
pub use logs::{LogOptions, Logs, Progress, ProgressCallback, RawRecord};
pub use parquet_read::{PARQUET_SCHEMA, ParquetLogs};
pub use parquet_write::{Written, partial_path, write_parquet};
