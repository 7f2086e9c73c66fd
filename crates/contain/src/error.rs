//! What can go wrong with a request or a plan that somebody hands in.

use std::fmt;

/// Why there is no plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    kind: ErrorKind,
    message: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// Nothing in the lineage answers to the target.
    TargetUnknown,
    /// A plan, an inventory or an event is not what its schema says.
    Malformed,
    /// A plan's hash is not that of its content.
    HashMismatch,
    /// What was approved is another plan.
    NotApproved,
    /// The credentials at hand are those of the wrong account, or of somebody whom the plan changes.
    Identity,
    /// A step would touch what is protected, or an account in which may not be acted.
    Guarded,
    /// AWS does not let whoever runs the plan into an account.
    Refused,
    /// The journal cannot be read or written, or was tampered with.
    Journal,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Error {
        Error {
            kind,
            message: message.into(),
        }
    }

    pub fn kind(&self) -> ErrorKind {
        self.kind
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for Error {}
