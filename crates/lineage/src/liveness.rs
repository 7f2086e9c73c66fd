//! Whether a credential works at an instant.
//!
//! In: a credential and an instant. Out: a state, until when it holds, and why. A pure function of
//! the two, so that a rule replayed at an earlier tick sees what was true then.

/// What is true of a credential at an instant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Liveness {
    pub state: State,
    /// When it ends by itself, as far as that is known; for one that has ended, when it did.
    pub until: Option<i64>,
    /// One clause for people.
    pub why: String,
    /// It was used successfully after it should have stopped working: an alarm.
    pub used_after_revocation: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// Its minting was seen, it has not expired, and nothing was done to it.
    Active,
    /// Only an upper bound of its life is known.
    PossiblyActive,
    /// Revoked so lately that it may still work.
    RevocationPending,
    Expired,
    Revoked,
    Inactive,
    Deleted,
}

impl State {
    /// The name in JSON and in tables.
    pub fn name(self) -> &'static str {
        match self {
            State::Active => "active",
            State::PossiblyActive => "possibly-active",
            State::RevocationPending => "revocation-pending",
            State::Expired => "expired",
            State::Revoked => "revoked",
            State::Inactive => "inactive",
            State::Deleted => "deleted",
        }
    }

    /// Whether it works, or may.
    pub fn is_alive(self) -> bool {
        matches!(
            self,
            State::Active | State::PossiblyActive | State::RevocationPending
        )
    }
}
