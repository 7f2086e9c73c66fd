//! How much is worked out at once, and how often somebody may ask for it: queries, plans, activity, trials of rules.
//!
//! In: whoever asks. Out: a place, which ends with what holds it, or how long to wait. Each place has threads and
//! memory, so they are counted together; and by person, so that nobody takes them all.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::http::StatusCode;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::rate::{Rate, network};
use super::refusal::{Answer, Refusal};
use super::who::Who;

/// Questions that take their time and are answered at once, of all people together: each has threads and memory.
const TOGETHER_MAX: usize = 16;
/// Those of one person: half, so that there is room for another one.
const OF_ONE_MAX: usize = 8;
/// Questions that a person has at once, and the time in which one more comes back: somebody who clicks never gets
/// there, and a program that does is told how fast it may go.
const AT_ONCE: u32 = 300;
const BACK_EACH: Duration = Duration::from_millis(250);
/// Seconds after which it makes sense to try again where all places are taken.
const AGAIN_SECONDS: u64 = 2;

pub struct Places {
    together: Arc<Semaphore>,
    of_each: Arc<Mutex<HashMap<String, usize>>>,
    rate: Rate<String>,
}

/// A place that somebody has.
pub struct Place {
    _together: OwnedSemaphorePermit,
    of_each: Arc<Mutex<HashMap<String, usize>>>,
    whose: String,
}

/// Whether it is counted how often somebody asks: where nobody signs in, whoever asks sits at this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counts {
    Yes,
    No,
}

impl Places {
    pub fn new() -> Places {
        Places {
            together: Arc::new(Semaphore::new(TOGETHER_MAX)),
            of_each: Arc::default(),
            rate: Rate::new(AT_ONCE, BACK_EACH),
        }
    }

    pub fn take(&self, who: &Who, counts: Counts, now: Instant) -> Answer<Place> {
        // Those who cannot be told apart are told by where they are.
        let whose = match who.is_person {
            true => who.name.clone(),
            false => format!("{} {}", who.name, network(who.from)),
        };
        if counts == Counts::Yes
            && let Err(wait) = self.rate.take(&whose, now)
        {
            let message = "that is more questions than one person may ask in this time";
            let refusal = too_many(message, wait.as_secs() + 1);
            return Err(refusal.hint(format!(
                "a program asks four in a second at most; `Retry-After` says when the next is answered (in {} s)",
                wait.as_secs() + 1
            )));
        }
        let Ok(permit) = self.together.clone().try_acquire_owned() else {
            let message = format!("{TOGETHER_MAX} questions are being answered already");
            return Err(too_many(message, AGAIN_SECONDS).hint(AGAIN));
        };
        let mut of_each = self.of_each.lock().unwrap_or_else(PoisonError::into_inner);
        let own = of_each.entry(whose.clone()).or_default();
        if *own >= OF_ONE_MAX {
            let message = format!("{OF_ONE_MAX} questions of yours are being answered already");
            return Err(too_many(message, AGAIN_SECONDS).hint(AGAIN));
        }
        *own += 1;
        Ok(Place {
            _together: permit,
            of_each: self.of_each.clone(),
            whose,
        })
    }
}

const AGAIN: &str = "try again in a moment, or cancel one";

fn too_many(message: impl Into<String>, seconds: u64) -> Refusal {
    Refusal::new(StatusCode::TOO_MANY_REQUESTS, message).again_in(seconds)
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut of_each = self.of_each.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = of_each.get_mut(&self.whose) {
            *own -= 1;
            if *own == 0 {
                of_each.remove(&self.whose);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::who::Role;

    fn who(name: &str, from: &str, is_person: bool) -> Who {
        Who {
            name: name.to_owned(),
            role: Role::Viewer,
            from: from.parse().unwrap(),
            is_person,
            subject: None,
        }
    }

    #[track_caller]
    fn says(refused: Answer<Place>, expected: &str) {
        let refusal = refused.err().expect("refused");
        assert_eq!(refusal.status(), StatusCode::TOO_MANY_REQUESTS);
        assert!(refusal.message().contains(expected), "{refusal:?}");
    }

    #[test]
    fn nobody_takes_all_places() {
        let (places, now) = (Places::new(), Instant::now());
        let (ann, bob) = (who("ann", "192.0.2.1", true), who("bob", "192.0.2.1", true));
        let take = |who: &Who| places.take(who, Counts::No, now);
        let mut held: Vec<Place> = (0..OF_ONE_MAX).map(|_| take(&ann).unwrap()).collect();
        says(take(&ann), "of yours");
        held.extend((OF_ONE_MAX..TOGETHER_MAX).map(|_| take(&bob).unwrap()));
        says(take(&who("eve", "192.0.2.1", true)), "16 questions are");
        held.truncate(1);
        // Refusals took nothing.
        held.extend((1..OF_ONE_MAX).map(|_| take(&ann).unwrap()));
        says(take(&ann), "of yours");
        drop(held);
        assert!(places.of_each.lock().unwrap().is_empty());
        assert_eq!(places.together.available_permits(), TOGETHER_MAX);
    }

    #[test]
    fn strangers_are_told_by_their_networks() {
        let (places, now) = (Places::new(), Instant::now());
        let take = |from: &str| places.take(&who("token", from, false), Counts::No, now);
        let _held: Vec<_> = (0..OF_ONE_MAX).map(|_| take("2001:db8::1")).collect();
        says(take("2001:db8::2"), "of yours");
        assert!(take("2001:db8:0:1::1").is_ok());
    }

    #[test]
    fn who_asks_too_often_is_told_when_to_go_on() {
        let (places, now) = (Places::new(), Instant::now());
        let ann = who("ann", "192.0.2.1", true);
        for _ in 0..AT_ONCE {
            assert!(places.take(&ann, Counts::Yes, now).is_ok());
        }
        says(places.take(&ann, Counts::Yes, now), "more questions");
        assert!(places.take(&ann, Counts::No, now).is_ok());
        assert!(places.take(&ann, Counts::Yes, now + BACK_EACH).is_ok());
        says(
            places.take(&ann, Counts::Yes, now + BACK_EACH),
            "more questions",
        );
    }
}
