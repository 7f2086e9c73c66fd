//! The tests of `source` from outside: folders on disk, buckets and queues, and the policy of references.
#![allow(clippy::unwrap_used)]

mod files;
mod references;
mod digests;

#[cfg(feature = "aws")]
#[path = "../../../contain/tests/it/python.rs"]
mod python;
#[path = "../../../contain/tests/it/emulator.rs"]
mod emulator;
#[cfg(feature = "aws")]
mod proxy;
#[cfg(feature = "aws")]
mod aws;
