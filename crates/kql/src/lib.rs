//! The language: query text in, a checked query and diagnostics out.
//!
//! It does not run anything, and does not know Arrow, DataFusion or CloudTrail.

pub mod span;
pub mod types;
pub mod schema;
pub mod diagnostic;
pub mod codes;
pub mod limits;
pub mod lexer;
mod habits;
mod unsupported;
pub mod syntax;
pub mod parse;
pub mod format;
pub mod functions;
pub mod checked;
pub mod walk;
pub mod check;
pub mod vocabulary;
pub mod complete;
