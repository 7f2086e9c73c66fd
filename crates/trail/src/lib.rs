//! CloudTrail: bytes in, typed Arrow batches out.
//!
//! `read` is the door: it takes a log file's bytes (gz or plain, any known envelope) and hands over batches
//! of the columns in `schema`, of the records that the `prefilter` cannot rule out, with a report of what was
//! wrong. The crate is pure: no files, no sockets, no clock, and it cannot fail except by reporting problems.

pub mod read;

mod batch;
mod content;
mod emit;
mod envelope;
mod filter;
mod index;
mod inflate;
mod input;
mod json;
mod permissions;
mod record;
mod resync;
mod text;
mod token;

pub mod access_key;
pub mod address;
pub mod arn;
pub mod coverage;
pub mod limits;
pub mod partition;
pub mod prefilter;
pub mod projection;
pub mod schema;
pub mod session;
pub mod time;

pub use coverage::{Coverage, FileReport, Gap, Problem, ProblemKind, Problems};
pub use prefilter::{ColumnTest, Conjunction, Prefilter, Test};
pub use projection::Projection;
pub use read::{
    Addendum, Batch, EventIdentity, Identity, ReadOptions, Reader, SessionTokens, Sink, read,
};
pub use schema::{
    AWS_COLUMNS, COLUMNS, Column, ColumnSpec, KqlType, TABLE, TABLE_AWS, arrow_schema,
};
