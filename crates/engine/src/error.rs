//! What can go wrong between a checked query and its rows.
//!
//! No foreign error type shows: what DataFusion or Arrow report is kept as text.

use std::fmt;

use datafusion::error::DataFusionError;
use keyline_kql::diagnostic::Diagnostic;
use keyline_kql::span::Span;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The query text is wrong; the diagnostics say where.
    Query,
    /// Valid KQL that Keyline cannot run yet.
    Unsupported,
    /// A value that the query computes does not fit where it is used.
    Invalid,
    /// A named limit was hit.
    Limit,
    /// It took longer than it may.
    Time,
    /// What `externaldata` or a watchlist names could not be read.
    Reference,
    /// This query cannot be evaluated at many ticks at once; evaluate it tick by tick.
    NotVectorisable,
    /// The plan failed while it ran.
    Execution,
}

#[derive(Clone, Debug)]
pub struct Error {
    kind: ErrorKind,
    message: String,
    span: Option<Span>,
    diagnostics: Vec<Diagnostic>,
}

pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Error {
        Error {
            kind,
            message: message.into(),
            span: None,
            diagnostics: Vec::new(),
        }
    }

    pub fn unsupported(what: impl fmt::Display) -> Error {
        Error::new(
            ErrorKind::Unsupported,
            format!("{what} is not supported yet"),
        )
    }

    pub fn not_vectorisable(what: impl fmt::Display) -> Error {
        Error::new(
            ErrorKind::NotVectorisable,
            format!("{what} cannot be evaluated at many ticks at once"),
        )
    }

    pub fn query(diagnostics: Vec<Diagnostic>) -> Error {
        let message = diagnostics
            .first()
            .map_or_else(|| "the query is wrong".to_string(), |d| d.message.clone());
        Error {
            kind: ErrorKind::Query,
            message,
            span: None,
            diagnostics,
        }
    }

    /// The same error, pointing at a piece of the query unless it already points somewhere.
    pub fn at(mut self, span: Span) -> Error {
        self.span.get_or_insert(span);
        self
    }

    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    pub fn span(&self) -> Option<Span> {
        self.span
    }

    /// For [`ErrorKind::Query`]: all that is wrong with the text.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.diagnostics
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

impl From<DataFusionError> for Error {
    fn from(error: DataFusionError) -> Error {
        let kind = match error.find_root() {
            DataFusionError::ResourcesExhausted(_) => ErrorKind::Limit,
            DataFusionError::NotImplemented(_) => ErrorKind::Unsupported,
            _ => ErrorKind::Execution,
        };
        Error::new(kind, error.strip_backtrace())
    }
}

impl From<arrow::error::ArrowError> for Error {
    fn from(error: arrow::error::ArrowError) -> Error {
        Error::new(ErrorKind::Execution, error.to_string())
    }
}

impl From<crate::functions::Error> for Error {
    fn from(error: crate::functions::Error) -> Error {
        let kind = match error.kind() {
            crate::functions::ErrorKind::Unsupported => ErrorKind::Unsupported,
            _ => ErrorKind::Invalid,
        };
        Error::new(kind, error.to_string())
    }
}
