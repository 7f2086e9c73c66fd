//! Why a destination did not take what was sent, and what that means for what comes next.

use std::time::Duration;

/// What came of an attempt that was none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The destination is not there, is busy, or lets nobody in: everything waits, in order.
    Later {
        /// What happened, in words, without a secret.
        why: String,
        /// How long the destination asked to wait.
        after: Option<Duration>,
    },
    /// The destination took offence at this document: after some attempts it is put aside.
    Refused {
        /// What the destination said.
        why: String,
    },
}

impl Failure {
    pub(crate) fn later(why: impl Into<String>) -> Failure {
        Failure::Later {
            why: why.into(),
            after: None,
        }
    }

    /// What happened, in words.
    pub fn why(&self) -> &str {
        match self {
            Failure::Later { why, .. } | Failure::Refused { why } => why,
        }
    }
}
