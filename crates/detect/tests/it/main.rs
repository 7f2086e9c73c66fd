//! The tests of detect from outside, one binary.
#![allow(clippy::unwrap_used)]

mod at_once;
mod hunt;
mod late;
mod load;
mod replay;
mod shared;
mod ticks;
mod told;
mod world;
