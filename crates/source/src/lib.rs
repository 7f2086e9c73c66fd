//! Where bytes come from: log files and folders, standard input, buckets and queues, and the references of
//! `externaldata`.
//!
//! In: sources as the user named them, and URLs that a rule names. Out: files to read, in a fixed
//! order, with what was passed over and why; objects of buckets and copies of them; and the inflated bytes of
//! references that the user allowed. What the bytes mean is `trail`'s business. Everything here blocks; there is no
//! DataFusion, and no async runtime but behind the feature `aws`.

#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod limits;

mod error;

pub mod layout;
mod named;

mod judge;
mod files;
mod read;
mod stdin;

#[cfg(any(test, feature = "aws"))]
mod walk;
mod notification;

mod digest;
mod digest_check;

#[cfg(feature = "aws")]
pub mod aws;

mod address;
mod fetch;
mod references;
mod unpack;
mod url;

pub use digest::{Finding, Hole, PublicKeys};
pub use digest_check::{Checked, DigestFile, Folders, Vault, verify_digests};
pub use error::{Error, ErrorKind};
pub use files::{FileKind, FileProblem, Found, InputFile, PassedOver, discover, discover_wanted};
pub use layout::{Day, LogKey, Span, Wanted, What, delivery_time};
pub use named::{AwsOptions, BucketPrefix, Named};
pub use notification::{S3Object, objects_of};
pub use read::{Contents, read_into};
pub use references::{CacheOptions, Network, Origin, Reference, References};
pub use stdin::spool;
pub use unpack::unpack;
#[cfg(feature = "aws")]
pub use walk::take as takes_key;
