//! What the organisation does on ordinary days.
//!
//! In: the organisation and a span of one stream. Out: records. [`minting`] makes the events by which
//! credentials come to be, [`benign`] everything done with them, from the two tables of the
//! catalogue. Deliberately not here: attacks (`stories`).

pub mod benign;
pub mod minting;

mod catalogue;
mod catalogue_control;
mod catalogue_data;
mod template;

pub use template::{Scene, fill};
