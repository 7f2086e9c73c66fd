//! Whether a credential works at an instant.
//!
//! In: a credential and an instant. Out: a state, until when it holds, and why. A pure function of
//! the two, so that a rule replayed at an earlier tick sees what was true then.

use keyline_trail::time::format_time;

use crate::credential::{Change, Credential, Effect, Expiry};
use crate::limits::PROPAGATION_S;

const SECOND: i64 = 1_000_000;

/// What is true of a credential at an instant (microseconds since 1970).
///
/// What happened later is not seen. A use between two changes is seen where the time in between holds
/// a whole part of a [`Stretch`](crate::Stretch) in which a call succeeded, or the last success.
pub fn liveness(credential: &Credential, at: i64) -> Liveness {
    let changes: Vec<&Change> = credential
        .changes
        .iter()
        .filter(|change| change.at <= at)
        .collect();
    let (stopped, used_after) = stops(credential, &changes, at);
    let judged = |state: State, until, why| Liveness {
        issued_after_revocation: state.is_alive() && credential.revoked_before_issue.is_some(),
        state,
        until,
        why,
        used_after_revocation: used_after.is_some(),
        used_after_revocation_at: used_after,
    };
    if let Some(issued) = credential.issued_at.filter(|issued| *issued > at) {
        let why = format!("not issued before {}", format_time(issued));
        return judged(State::Inactive, None, why);
    }
    if let Some(expires) = credential.expires_at.filter(|expires| *expires <= at) {
        let why = match credential.expiry {
            Expiry::Bounded => "its kind lives no longer".to_owned(),
            Expiry::Exact | Expiry::None => "its minting says so".to_owned(),
        };
        return judged(State::Expired, Some(expires), why);
    }
    if let Some(stop) = stopped {
        let state = match stop.effect {
            _ if at < stop.at.saturating_add(PROPAGATION_S * SECOND) => State::RevocationPending,
            Effect::Deleted => State::Deleted,
            Effect::Inactive => State::Inactive,
            _ => State::Revoked,
        };
        return judged(state, Some(stop.at), stop.by.clone());
    }
    match credential.expiry {
        Expiry::Exact => judged(State::Active, credential.expires_at, String::new()),
        Expiry::Bounded => judged(
            State::PossiblyActive,
            credential.expires_at,
            "its end is not in the data; its kind lives no longer".to_owned(),
        ),
        Expiry::None if has_end(credential) => judged(
            State::PossiblyActive,
            None,
            "when it ends is not in the data".to_owned(),
        ),
        Expiry::None => judged(State::Active, None, String::new()),
    }
}

/// The change that keeps a credential from working, if one does, and when it was first used although one did.
fn stops<'a>(
    credential: &Credential,
    changes: &[&'a Change],
    at: i64,
) -> (Option<&'a Change>, Option<i64>) {
    let (mut revoked, mut inactive, mut deleted) = (None, None, None);
    // When it was stopped and when it worked again.
    let mut stopped_from: Option<i64> = None;
    let mut times = Vec::new();
    for change in changes.iter().copied() {
        match change.effect {
            Effect::Revoked => revoked = revoked.or(Some(change)),
            Effect::Restored => revoked = None,
            Effect::Inactive => inactive = inactive.or(Some(change)),
            Effect::Active => inactive = None,
            Effect::Deleted => deleted = deleted.or(Some(change)),
            Effect::Altered => {}
        }
        let stopped = revoked.or(inactive).or(deleted).is_some();
        match (stopped, stopped_from) {
            (true, None) => stopped_from = Some(change.at),
            (false, Some(from)) => {
                times.push((from, change.at));
                stopped_from = None;
            }
            _ => {}
        }
    }
    times.extend(stopped_from.map(|from| (from, i64::MAX)));
    let used_after = times.iter().find_map(|(from, until)| {
        let from = from.saturating_add(PROPAGATION_S * SECOND);
        first_success(credential, from, (*until).min(at.saturating_add(1)))
    });
    // What is deleted is gone, whatever else was done to it.
    let stop = [deleted, inactive, revoked].into_iter().flatten();
    (
        stop.min_by_key(|change| (change.effect != Effect::Deleted, change.at)),
        used_after,
    )
}

/// The first success that is known to lie behind `from` and before `until`.
fn first_success(credential: &Credential, from: i64, until: i64) -> Option<i64> {
    let inside = |start: i64, end: i64| from < start && end <= until;
    let in_parts = credential
        .uses
        .iter()
        .filter(|stretch| {
            stretch.from < until && stretch.from.saturating_add(stretch.length) > from
        })
        .flat_map(|stretch| stretch.successes())
        .find(|(start, end)| inside(*start, *end))
        .map(|(start, _)| start);
    let last = credential.last_success;
    in_parts.or(last.filter(|last| inside(*last, last.saturating_add(1))))
}

/// Whether a credential of its kind ends by itself, though nobody can say when.
fn has_end(credential: &Credential) -> bool {
    use crate::credential::Kind::*;
    !matches!(
        credential.kind,
        AccessKey
            | Password
            | MfaDevice
            | ServiceCredential
            | SshKey
            | Certificate
            | FederatedIdentity
            | Service
            | Workload
            | External
    )
}

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
    /// When that was first, as exactly as it is known.
    pub used_after_revocation_at: Option<i64>,
    /// It works, and was issued within a day after older sessions of the same power were revoked: an alarm.
    pub issued_after_revocation: bool,
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
