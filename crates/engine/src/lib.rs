//! Checked queries become DataFusion plans, and plans become rows.
//!
//! The way through: [`Engine::new`] over a [`Catalog`] of tables, `kql::check` against
//! [`Engine::schema`], [`Engine::plan`], [`Engine::run`], [`rows`]. It does not read files, know
//! CloudTrail or fetch anything: tables and references are given to it.

pub mod aggregates;
pub mod catalog;
pub mod deep;
pub mod engine;
pub mod error;
pub mod evaluation;
pub mod externaldata;
pub mod functions;
mod kept;
pub mod limits;
pub mod lists;
pub mod lower;
pub mod pushdown;
pub mod rows;
pub mod session;
mod open_schema;
mod stages;
pub mod extract;
mod sessions;
mod yielding;

pub use catalog::Catalog;
pub use datafusion::catalog::TableProvider;
pub use engine::{Engine, Rows};
pub use error::{Error, ErrorKind, Result};
pub use evaluation::{Evaluation, Ticks};
pub use externaldata::{NoReferences, References};
pub use rows::Table;
pub use session::EngineOptions;
