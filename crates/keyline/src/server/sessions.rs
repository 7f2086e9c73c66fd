//! Those who have signed in at their organisation, for as long as that holds.
//!
//! In: a person. Out: an id of chance, which their browser keeps, and the person again for it. Sessions are held in
//! memory: they end with the server, with their time, and when somebody signs out. An id is made here and never taken
//! from a browser.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Result;
use keyline_oidc::Person;
use sha2::{Digest, Sha256};

use super::who::fresh;

/// Sessions at once; beyond, the one that ends first ends now.
const SESSIONS_MAX: usize = 2000;
/// Those of one person, who has that many browsers.
const OF_ONE_MAX: usize = 10;

pub struct Sessions {
    lasts: Duration,
    /// By the hash of the id: how long it takes to look one up says nothing of it.
    open: Mutex<HashMap<[u8; 32], Session>>,
}

struct Session {
    person: Arc<Person>,
    until: Instant,
}

impl Sessions {
    pub fn new(lasts: Duration) -> Sessions {
        Sessions {
            lasts,
            open: Mutex::default(),
        }
    }

    pub fn lasts(&self) -> Duration {
        self.lasts
    }

    /// A new session, and its id.
    pub fn begin(&self, person: Person, now: Instant) -> Result<String> {
        let id = fresh()?;
        let mut open = self.open();
        open.retain(|_, session| now < session.until);
        let is_own = |one: &Person| one.issuer == person.issuer && one.subject == person.subject;
        let own = open.values().filter(|session| is_own(&session.person));
        if own.count() >= OF_ONE_MAX {
            end_first(&mut open, is_own);
        }
        if open.len() >= SESSIONS_MAX {
            end_first(&mut open, |_| true);
        }
        let session = Session {
            person: Arc::new(person),
            until: now + self.lasts,
        };
        open.insert(key(&id), session);
        Ok(id)
    }

    /// Whose session it is.
    pub fn find(&self, id: &str, now: Instant) -> Option<Arc<Person>> {
        let open = self.open();
        let session = open.get(&key(id)).filter(|session| now < session.until)?;
        Some(session.person.clone())
    }

    pub fn end(&self, id: &str) {
        self.open().remove(&key(id));
    }

    fn open(&self) -> MutexGuard<'_, HashMap<[u8; 32], Session>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Ends the one that ends first of those that fit.
fn end_first(open: &mut HashMap<[u8; 32], Session>, fits: impl Fn(&Person) -> bool) {
    let fitting = open.iter().filter(|(_, session)| fits(&session.person));
    let first = fitting.min_by_key(|(_, session)| session.until);
    if let Some(key) = first.map(|(key, _)| *key) {
        open.remove(&key);
    }
}

fn key(id: &str) -> [u8; 32] {
    Sha256::digest(id.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(subject: &str) -> Person {
        Person {
            issuer: "https://login.example.com".to_owned(),
            subject: subject.to_owned(),
            email: None,
            groups: Vec::new(),
            name: None,
        }
    }

    #[test]
    fn a_session_ends_with_its_time_or_before() {
        let hour = Duration::from_secs(3_600);
        let (sessions, now) = (Sessions::new(hour), Instant::now());
        let one = sessions.begin(person("a"), now).unwrap();
        let other = sessions.begin(person("a"), now).unwrap();
        assert!(one != other && one.len() == 64, "{one} {other}");
        let whose = |id: &str, now| {
            let found = sessions.find(id, now);
            found.map(|person| person.subject.clone())
        };
        assert_eq!(whose(&one, now).as_deref(), Some("a"));
        for wrong in ["", "a", &one[1..], &"0".repeat(64)] {
            assert_eq!(whose(wrong, now), None, "{wrong}");
        }
        sessions.end(&one);
        assert_eq!(whose(&one, now), None);
        assert!(whose(&other, now + hour - Duration::from_millis(1)).is_some());
        assert_eq!(whose(&other, now + hour), None);
    }

    #[test]
    fn sessions_are_bounded_and_nobody_ends_anothers() {
        let (sessions, now) = (Sessions::new(Duration::from_secs(60)), Instant::now());
        let other = sessions.begin(person("b"), now).unwrap();
        let at = |number: u64| now + Duration::from_millis(number + 1);
        let ids: Vec<_> = (0..OF_ONE_MAX as u64 + 2)
            .map(|number| sessions.begin(person("a"), at(number)).unwrap())
            .collect();
        let open = |id: &str| sessions.find(id, at(99)).is_some();
        assert!(!open(&ids[0]) && !open(&ids[1]) && open(&ids[2]) && open(&other));
        for number in 0..SESSIONS_MAX {
            sessions
                .begin(person(&format!("c{number}")), at(50))
                .unwrap();
        }
        assert!(!open(&other));
        assert_eq!(sessions.open().len(), SESSIONS_MAX);
    }
}
