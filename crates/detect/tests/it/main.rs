//! The tests of detect from outside, one binary.
#![allow(clippy::unwrap_used)]

mod load;
mod replay;
mod shared;
