//! The language: query text in, a checked query and diagnostics out.
//!
//! It does not run anything, and does not know Arrow, DataFusion or CloudTrail.

pub mod checked;
pub mod diagnostic;
pub mod functions;
pub mod schema;
pub mod span;
pub mod syntax;
pub mod types;
