//! The binary as its users meet it: commands in, output, exit codes and messages out.

#![allow(clippy::unwrap_used)]

mod support;

mod usage;
mod bad_input;
mod querying;
mod serving;
mod hunting;
#[cfg(feature = "lake")]
mod lake;
mod lineage;
mod contain;
mod contain_real;
#[cfg(feature = "aws")]
#[path = "../../../contain/tests/it/emulator.rs"]
mod emulator;
#[cfg(feature = "aws")]
mod carrying_out;
mod stories;
