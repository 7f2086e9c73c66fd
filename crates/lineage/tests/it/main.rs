//! Lineage from outside: records in, a forest out; credentials in, pictures out.

#![allow(clippy::unwrap_used)]

mod minting;
mod indirect;
mod linking;
mod controls;
mod reach;
mod doubt;
mod guarantee;
mod late;
mod about;
mod hostile;
mod stories;
mod golden;
mod real;
mod picture;

mod parts;
mod records;
mod shared;
mod tree;
mod world;
