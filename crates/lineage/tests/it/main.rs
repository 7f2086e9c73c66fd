//! Lineage from outside: records in, a forest out; credentials in, pictures out.

#![allow(clippy::unwrap_used)]

mod minting;
mod linking;
mod controls;
mod reach;
mod doubt;
mod guarantee;
mod hostile;
mod stories;
mod real;
mod picture;

mod records;
mod shared;
mod tree;
mod world;
