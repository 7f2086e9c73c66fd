//! CloudTrail: bytes in, typed Arrow batches out.
//!
//! `read` is the door: it takes a log file's bytes (gz or plain, any known envelope) and hands over batches
//! of the columns in `schema`, of the records that the `prefilter` cannot rule out, with a report of what was
//! wrong. The crate is pure: no files, no sockets, no clock, and it cannot fail except by reporting problems.

pub mod read;

mod envelope;
mod input;
mod inflate;
mod resync;
mod index;
mod json;
mod record;
mod emit;
mod filter;
mod matcher;
mod batch;
mod text;
mod content;
mod token;
mod permissions;

pub mod schema;
pub mod projection;
pub mod prefilter;
pub mod coverage;
pub mod time;
pub mod session;
pub mod address;
pub mod arn;
pub mod access_key;
pub mod partition;
pub mod limits;

pub use coverage::{Coverage, FileReport, Gap, Problem, ProblemKind, Problems};
pub use matcher::Matcher;
pub use prefilter::{ColumnTest, Conjunction, Prefilter, Test};
pub use projection::Projection;
pub use read::{
    Addendum, Batch, Detail, EventIdentity, Identity, ReadOptions, Reader, SessionTokens, Sink,
    file_of, place, read,
};
pub use schema::{
    AWS_COLUMNS, COLUMNS, Column, ColumnSpec, KqlType, TABLE, TABLE_AWS, arrow_schema,
};
