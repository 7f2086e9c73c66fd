//! One sign-in from its beginning to its end, without anything being remembered for whoever has not signed in yet.
//!
//! In: a cookie of chance and of an instant. Out: what belongs to it: the `state` that the provider sends back, the
//! `nonce` that stands in the token, PKCE's verifier. All three are made of the cookie with a key that this process
//! alone has: whoever lacks the cookie knows none of them, and a stranger who begins a thousand sign-ins takes no place
//! from anybody. What is remembered is which sign-ins are done.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use ring::digest::{SHA256, digest};
use ring::hmac::{self, HMAC_SHA256};
use ring::rand::{SecureRandom, SystemRandom};

use crate::error::Error;
use crate::limits::{FLOW_SECONDS, SKEW_SECONDS, SPENT_MAX};

/// Bytes of chance in a cookie.
const CHANCE: usize = 32;

pub(crate) struct Flows {
    key: hmac::Key,
    /// Which sign-ins are done, and when they began.
    spent: Mutex<HashMap<String, u64>>,
}

impl Flows {
    pub(crate) fn new() -> Result<Flows, Error> {
        let key = hmac::Key::generate(HMAC_SHA256, &SystemRandom::new());
        Ok(Flows {
            key: key.map_err(|_| no_chance())?,
            spent: Mutex::default(),
        })
    }

    /// The cookie of a new sign-in.
    pub(crate) fn begin(&self, now: u64) -> Result<String, Error> {
        let mut chance = [0; CHANCE];
        let filled = SystemRandom::new().fill(&mut chance);
        filled.map_err(|_| no_chance())?;
        Ok(format!("{now}-{}", HEXLOWER.encode(&chance)))
    }

    /// Whether a state belongs to a cookie, and the sign-in may still end.
    pub(crate) fn answers(&self, cookie: &str, state: &str, now: u64) -> Result<(), Error> {
        let again = "begin it again from the sign-in page";
        let Some(begun) = begun(cookie) else {
            return Err(Error::refused(format!(
                "this browser has not begun this sign-in; {again}"
            )));
        };
        let tag = HEXLOWER.decode(state.as_bytes()).unwrap_or_default();
        if hmac::verify(&self.key, message("state", cookie).as_bytes(), &tag).is_err() {
            return Err(Error::refused(format!(
                "this browser has begun another sign-in than this one; {again}"
            )));
        }
        if now > begun.saturating_add(FLOW_SECONDS) || begun > now.saturating_add(SKEW_SECONDS) {
            return Err(Error::refused(format!(
                "this sign-in was begun too long ago; {again}"
            )));
        }
        Ok(())
    }

    /// Takes note that a sign-in is done; each is done once.
    pub(crate) fn spend(&self, cookie: &str, now: u64) -> Result<(), Error> {
        let mut spent = self.spent.lock().unwrap_or_else(PoisonError::into_inner);
        spent.retain(|_, begun| now <= begun.saturating_add(FLOW_SECONDS + SKEW_SECONDS));
        if spent.contains_key(cookie) {
            return Err(Error::refused("this sign-in is done already"));
        }
        if spent.len() >= SPENT_MAX {
            let first = spent.iter().min_by_key(|(_, begun)| **begun);
            if let Some(first) = first.map(|(cookie, _)| cookie.clone()) {
                spent.remove(&first);
            }
        }
        spent.insert(cookie.to_owned(), begun(cookie).unwrap_or(now));
        Ok(())
    }

    pub(crate) fn state(&self, cookie: &str) -> String {
        HEXLOWER.encode(self.made("state", cookie).as_ref())
    }

    pub(crate) fn nonce(&self, cookie: &str) -> String {
        HEXLOWER.encode(self.made("nonce", cookie).as_ref())
    }

    /// What only this server can show when it exchanges the code.
    pub(crate) fn verifier(&self, cookie: &str) -> String {
        BASE64URL_NOPAD.encode(self.made("verifier", cookie).as_ref())
    }

    /// What the provider is told of the verifier before (S256).
    pub(crate) fn challenge(&self, cookie: &str) -> String {
        let hash = digest(&SHA256, self.verifier(cookie).as_bytes());
        BASE64URL_NOPAD.encode(hash.as_ref())
    }

    fn made(&self, what: &str, cookie: &str) -> hmac::Tag {
        hmac::sign(&self.key, message(what, cookie).as_bytes())
    }
}

fn message(what: &str, cookie: &str) -> String {
    format!("{what}:{cookie}")
}

/// When a cookie's sign-in began, if it is a cookie as they are made here.
fn begun(cookie: &str) -> Option<u64> {
    let (at, chance) = cookie.split_once('-')?;
    let is_hex = chance.bytes().all(|byte| byte.is_ascii_hexdigit());
    (is_hex && chance.len() == 2 * CHANCE && at.len() <= 20).then(|| at.parse().ok())?
}

fn no_chance() -> Error {
    Error::provider("the system gives no chance to make a sign-in of")
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_700_000_000;

    #[test]
    fn a_state_answers_its_own_cookie_in_its_time() {
        let flows = Flows::new().unwrap();
        let (one, other) = (flows.begin(NOW).unwrap(), flows.begin(NOW).unwrap());
        let moved = one.replace(&NOW.to_string(), &(NOW + 5_000).to_string());
        for (cookie, state, now, holds) in [
            (&one, flows.state(&one), NOW, true),
            (&one, flows.state(&one), NOW + FLOW_SECONDS, true),
            (&one, flows.state(&one), NOW + FLOW_SECONDS + 1, false),
            (&one, flows.state(&one), NOW - SKEW_SECONDS - 1, false),
            (&one, flows.state(&other), NOW, false),
            (&other, flows.state(&one), NOW, false),
            (&one, flows.nonce(&one), NOW, false),
            (&one, String::new(), NOW, false),
            // Whoever moves the beginning of a sign-in has another one.
            (&moved, flows.state(&one), NOW + 5_000, false),
            (&"x".to_owned(), flows.state("x"), NOW, false),
            (&String::new(), flows.state(""), NOW, false),
        ] {
            let answer = flows.answers(cookie, &state, now);
            assert_eq!(answer.is_ok(), holds, "{cookie} {now}: {answer:?}");
        }
        // Another process has another key.
        let elsewhere = Flows::new().unwrap();
        assert!(elsewhere.answers(&one, &flows.state(&one), NOW).is_err());
    }

    #[test]
    fn each_is_done_once_and_few_are_remembered() {
        let flows = Flows::new().unwrap();
        let one = flows.begin(NOW).unwrap();
        assert!(flows.spend(&one, NOW).is_ok());
        assert!(flows.spend(&one, NOW + 1).is_err());
        for _ in 0..SPENT_MAX {
            let cookie = flows.begin(NOW + 1).unwrap();
            flows.spend(&cookie, NOW + 1).unwrap();
        }
        assert_eq!(flows.spent.lock().unwrap().len(), SPENT_MAX);
        let later = NOW + FLOW_SECONDS + SKEW_SECONDS + 2;
        flows.spend(&flows.begin(later).unwrap(), later).unwrap();
        assert_eq!(flows.spent.lock().unwrap().len(), 1);
    }

    #[test]
    fn what_belongs_to_a_sign_in_is_as_the_standard_wants_it() {
        let flows = Flows::new().unwrap();
        let cookie = flows.begin(NOW).unwrap();
        let (verifier, challenge) = (flows.verifier(&cookie), flows.challenge(&cookie));
        assert_eq!((verifier.len(), challenge.len()), (43, 43));
        assert_ne!(verifier, challenge);
        assert_ne!(flows.state(&cookie), flows.nonce(&cookie));
    }
}
