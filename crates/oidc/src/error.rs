//! The error of this crate: what failed, in words that say whose turn it is.

use std::fmt;

/// Why nobody is signed in.
#[derive(Clone, Debug)]
pub struct Error {
    kind: ErrorKind,
    message: String,
}

/// Whose turn it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The operator's: what is said of the provider is impossible.
    Settings,
    /// The provider's: it does not answer, or otherwise than the standard has it.
    Provider,
    /// The person's: what came with the browser is not believed.
    Refused,
}

impl Error {
    pub(crate) fn settings(message: impl Into<String>) -> Error {
        Error::new(ErrorKind::Settings, message)
    }

    pub(crate) fn provider(message: impl Into<String>) -> Error {
        Error::new(ErrorKind::Provider, message)
    }

    pub(crate) fn refused(message: impl Into<String>) -> Error {
        Error::new(ErrorKind::Refused, message)
    }

    fn new(kind: ErrorKind, message: impl Into<String>) -> Error {
        Error {
            kind,
            message: message.into(),
        }
    }

    /// Whose turn it is.
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
