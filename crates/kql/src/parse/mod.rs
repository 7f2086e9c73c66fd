//! Tokens to the syntax tree, by recursive descent.
//!
//! ```text
//! statement  let, set, declare …            → pipe
//! pipe       head | operator | operator     → operators::*, expr
//! operators  one file each (or one family)
//! expr       binary and unary operators     → primary
//! primary    literals, names, calls, paths  → literal, dynamic, names
//! slips      what was plainly meant, and how it is written
//! ```
//!
//! A function that cannot go on reports a diagnostic and returns [`Reported`]; the pipe around it
//! takes up again at the next `|`, `;` or closing bracket, so that one query can have many
//! diagnostics. Words are keywords only where the grammar gives them a meaning.

mod statement;
mod pipe;
mod operators;
mod expr;
mod primary;
mod slips;
mod dynamic;
mod names;
mod reserved;
mod cursor;
pub mod literal;

use crate::codes;
use crate::diagnostic::{Diagnostic, Severity};
use crate::lexer;
use crate::limits::{DIAGNOSTICS_MAX, QUERY_BYTES_MAX};
use crate::span::Span;
use crate::syntax::Query;

pub(crate) use cursor::{Parsed, Parser, Reported};
pub(crate) use names::HINTS;
pub use operators::OPERATOR_NAMES;

/// Reads a query. The tree is always whole, with `Error` nodes where the text made no sense; it is
/// worth checking further only if there are no diagnostics of severity `Error`.
pub fn parse(text: &str) -> (Query, Vec<Diagnostic>) {
    let span = Span::new(0, text.len().min(u32::MAX as usize));
    if text.len() > QUERY_BYTES_MAX {
        return (
            Query {
                broken: true,
                statements: Vec::new(),
                span,
            },
            vec![too_long(text.len())],
        );
    }
    let mut parser = Parser::new(text, lexer::lex(text));
    let statements = parser.query();
    let mut diagnostics = parser.into_diagnostics();
    if diagnostics.len() > DIAGNOSTICS_MAX {
        let next = diagnostics[DIAGNOSTICS_MAX].primary;
        diagnostics.truncate(DIAGNOSTICS_MAX);
        diagnostics.push(too_many(next));
    }
    let query = Query {
        broken: diagnostics
            .iter()
            .any(|found| found.severity == Severity::Error),
        statements,
        span,
    };
    (query, diagnostics)
}

fn too_long(length: usize) -> Diagnostic {
    Diagnostic {
        code: codes::TOO_LONG,
        severity: Severity::Error,
        message: format!("the query has {length} bytes, and at most {QUERY_BYTES_MAX} are read"),
        primary: Span::new(0, 0),
        label: String::new(),
        labels: Vec::new(),
        help: Some("move long lists into a file and read it with `externaldata`".to_string()),
        fix: None,
    }
}

fn too_many(primary: Span) -> Diagnostic {
    Diagnostic {
        code: codes::TOO_MANY_PROBLEMS,
        severity: Severity::Error,
        message: format!("more than {DIAGNOSTICS_MAX} problems, the rest is not reported"),
        primary,
        label: String::new(),
        labels: Vec::new(),
        help: None,
        fix: None,
    }
}
