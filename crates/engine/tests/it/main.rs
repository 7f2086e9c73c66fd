//! The engine's integration tests, in one binary.

#![allow(clippy::unwrap_used)]

mod support;
mod compare;
mod corpus;
mod vocabulary;
mod operators;
mod stages;
mod ending;
mod rules;
mod sentinel;
mod proto;
mod replay;
mod events;
mod functions;
mod duckdb;
