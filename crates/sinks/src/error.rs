//! The error of this crate: what failed, in words that say what to do next. A destination that
//! refuses or does not answer is no error but a [`crate::Failure`]: it is tried again.

use std::fmt;
use std::path::Path;

use crate::text::of_io;

/// A failure to set sinks up, or to keep alerts for them.
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    message: String,
}

/// What sort of failure it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The configuration of a sink says something impossible.
    Config,
    /// A secret that is not where the configuration says, or is none.
    Secret,
    /// A document that is no alert, or one of a newer version.
    NotAnAlert,
    /// Another process has the outbox.
    Locked,
    /// Reading or writing failed.
    Io,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Error {
        Error {
            kind,
            message: message.into(),
        }
    }

    pub(crate) fn io(what: &str, path: &Path, error: &std::io::Error) -> Error {
        let message = format!("cannot {what} `{}`: {}", path.display(), of_io(error));
        Error::new(ErrorKind::Io, message)
    }

    /// What sort of failure it is.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}
