//! The tests of `source` from outside: folders on disk and the policy of references.
#![allow(clippy::unwrap_used)]

mod files;
mod references;
