//! Where bytes come from: log files and folders, standard input, and the references of
//! `externaldata`.
//!
//! In: paths as the user wrote them, and URLs that a rule names. Out: files to read, in a fixed
//! order, with what was passed over and why; and the inflated bytes of references that the user
//! allowed. What the bytes mean is `trail`'s business. Everything here blocks; there is no async
//! runtime and no DataFusion.

#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod limits;

mod error;

pub mod layout;

mod files;
mod read;
mod stdin;

mod address;
mod fetch;
mod references;
mod unpack;
mod url;

pub use error::{Error, ErrorKind};
pub use files::{FileKind, FileProblem, Found, InputFile, PassedOver, discover};
pub use layout::{Day, LogKey, Span, delivery_time};
pub use read::{Contents, read_into};
pub use references::{CacheOptions, Network, Origin, Reference, References};
pub use stdin::spool;
pub use unpack::unpack;
