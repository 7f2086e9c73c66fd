//! What is wrong with a query, as a plain value; rendered at the edge (terminal, JSON, CI log).

use crate::span::Span;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The query is refused, as Kusto would refuse it.
    Error,
    /// The query is valid KQL that Keyline cannot run yet. Refused too, but counted apart.
    Unsupported,
    Warning,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// `KQL001` …: never reused, one heading each in `docs/kql/errors.md`.
    pub code: &'static str,
    pub severity: Severity,
    /// Lower case, no final period, code in backticks.
    pub message: String,
    pub primary: Span,
    /// What to print under the primary span; may be empty.
    pub label: String,
    /// Further places that explain the first.
    pub labels: Vec<(Span, String)>,
    /// The next step, when there is one.
    pub help: Option<String>,
    /// Text that, put in place of the primary span, mends the query.
    pub fix: Option<String>,
}
