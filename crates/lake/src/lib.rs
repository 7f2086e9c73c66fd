//! The tables: event logs as they lie in files, Parquet that Keyline wrote, and empty tables of
//! what Sentinel has and the data has not.
//!
//! In: paths and options. Out: DataFusion table providers that read only the columns and rows that a
//! query asks for, and the coverage: what was read, what was wrong with it, what is missing. What a
//! record means is `trail`'s business, what a query means is the engine's.

#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod limits;

mod error;

mod addenda;
mod gaps;
mod identities;
mod logs;
mod pass;

mod pushdown;
mod raw;

pub use error::{Error, ErrorKind};
pub use keyline_source::{CacheOptions, Network, Origin, Reference, References};
pub use keyline_trail::{Coverage, Gap, Problem, ProblemKind, SessionTokens, TABLE, TABLE_AWS};
pub use logs::{LogOptions, Logs, Progress, ProgressCallback, RawRecord};
