//! The reader from outside: text in, rows and problems out as text.

#![allow(clippy::unwrap_used)]

mod envelopes;
mod filters;
mod hostile;
mod identity;
mod loose_types;
mod real_data;
mod same_rows;
mod support;
