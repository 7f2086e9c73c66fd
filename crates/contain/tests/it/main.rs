//! What a plan promises, held against a fake AWS that knows nothing of the plan's own arithmetic.
#![allow(clippy::unwrap_used)]

mod world;
mod fake;

mod properties;
mod minimum;
mod kinds;
mod rightful;
mod guards;
mod doors;
mod zombies;
mod undoing;
mod partitions;
mod tables;
mod resources;
mod output;
mod pages;
mod stories;
mod live;
mod running;
mod sweeping;
mod journals;
mod passwords;
mod persons;
mod opened;
mod by_hand;
mod estate;
mod race;
mod shared;
#[cfg(feature = "aws")]
mod python;
#[cfg(feature = "aws")]
mod emulator;
#[cfg(feature = "aws")]
mod moto;
