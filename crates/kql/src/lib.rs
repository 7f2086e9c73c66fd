//! The language: query text in, a checked query and diagnostics out.
//!
//! It does not run anything, and does not know Arrow, DataFusion or CloudTrail.

pub mod span;
pub mod types;
pub mod schema;
pub mod diagnostic;
pub mod syntax;
pub mod checked;
