//! What a plan promises, held against a fake AWS that knows nothing of the plan's own arithmetic.
#![allow(clippy::unwrap_used)]

mod world;
mod fake;

mod properties;
mod minimum;
mod kinds;
mod guards;
mod zombies;
mod resources;
mod output;
mod stories;
mod live;
mod running;
mod shared;
#[cfg(feature = "aws")]
mod moto;
