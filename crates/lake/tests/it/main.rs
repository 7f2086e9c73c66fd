//! The tests of `lake` from outside: files in a folder, queries over them, rows and coverage out.
#![allow(clippy::unwrap_used)]

mod folder;

mod addenda;
mod cut;
mod duplicates;
mod hostile;
#[cfg(feature = "lake")]
mod lake;
mod lineage;
mod parquet;
mod scan;
