//! The error of this crate: what failed, in words that say what to do next.

use std::fmt;
use std::path::Path;

/// A failure to find, open or fetch something.
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    message: String,
}

/// What sort of failure it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A path or address that does not exist.
    NotFound,
    /// The user did not allow it.
    NotAllowed,
    /// The network is switched off.
    Offline,
    /// An address that is not on the public internet.
    PrivateAddress,
    /// Not a URL, or one of a form that is refused.
    BadUrl,
    /// Over a limit of size, count or depth.
    TooLarge,
    /// Over a limit of time.
    TimedOut,
    /// The server answered with something other than success.
    Status,
    /// No bytes at all.
    Empty,
    /// Bytes that do not inflate.
    Damaged,
    /// Several files where one is meant.
    Ambiguous,
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
        let kind = match error.kind() {
            std::io::ErrorKind::NotFound => ErrorKind::NotFound,
            _ => ErrorKind::Io,
        };
        Error::new(
            kind,
            format!("cannot {what} `{}`: {}", path.display(), reason(error)),
        )
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

/// The operating system's words without its error number.
pub(crate) fn reason(error: &std::io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    let mut chars = text.chars();
    match chars.next() {
        Some(first) => first.to_lowercase().chain(chars).collect(),
        None => "unknown reason".to_owned(),
    }
}
