//! How often something may be done in a time, by whom.
//!
//! In: who, and the time. Out: whether it may be done now, and when it may. Each has so many at once, and gets one back
//! after another. Two uses: an address that is wrong about tokens, and people (or networks, where nobody has a name)
//! who ask what costs something.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Those who are remembered; beyond it the one who did something longest ago is forgotten.
const KNOWN_MAX: usize = 4096;

pub struct Rate<K> {
    at_once: u32,
    /// The time in which one comes back.
    back_each: Duration,
    known: Mutex<HashMap<K, Done>>,
}

/// What is not forgotten yet, as of an instant.
struct Done {
    number: f64,
    at: Instant,
}

impl<K: Hash + Eq + Clone> Rate<K> {
    pub fn new(at_once: u32, back_each: Duration) -> Rate<K> {
        Rate {
            at_once,
            back_each,
            known: Mutex::default(),
        }
    }

    /// How long somebody has to wait; nothing when they need not.
    pub fn wait(&self, who: &K, now: Instant) -> Option<Duration> {
        let known = self.known();
        let over = self.left(known.get(who)?, now) - f64::from(self.at_once - 1);
        (over > 0.0).then(|| self.back_each.mul_f64(over))
    }

    /// It was done.
    pub fn add(&self, who: &K, now: Instant) {
        let mut known = self.known();
        if known.len() >= KNOWN_MAX && !known.contains_key(who) {
            let oldest = known.iter().min_by_key(|(_, one)| one.at);
            if let Some(oldest) = oldest.map(|(who, _)| who.clone()) {
                known.remove(&oldest);
            }
        }
        let number = known.get(who).map_or(0.0, |one| self.left(one, now)) + 1.0;
        known.insert(who.clone(), Done { number, at: now });
    }

    /// Does it if it may be done, else says how long to wait.
    pub fn take(&self, who: &K, now: Instant) -> Result<(), Duration> {
        match self.wait(who, now) {
            Some(wait) => Err(wait),
            None => {
                self.add(who, now);
                Ok(())
            }
        }
    }

    fn left(&self, one: &Done, now: Instant) -> f64 {
        let forgotten = now.saturating_duration_since(one.at).as_secs_f64();
        (one.number - forgotten / self.back_each.as_secs_f64()).max(0.0)
    }

    fn known(&self) -> MutexGuard<'_, HashMap<K, Done>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whoever has one address of IPv6 has its whole network of 64 bits.
pub fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(six) => match six.to_ipv4_mapped() {
            Some(four) => IpAddr::V4(four),
            None => IpAddr::V6((six.to_bits() >> 64 << 64).into()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BACK: Duration = Duration::from_secs(6);

    #[test]
    fn who_does_it_too_often_waits() {
        let rate = Rate::new(10, BACK);
        let begin = Instant::now();
        let (one, other) = ("one", "other");
        for _ in 0..10 {
            assert_eq!(rate.take(&one, begin), Ok(()));
        }
        let wait = rate.wait(&one, begin).unwrap();
        assert!(wait > Duration::ZERO && wait <= BACK, "{wait:?}");
        assert_eq!(rate.take(&one, begin), Err(wait));
        assert_eq!(rate.wait(&other, begin), None);
        assert_eq!(rate.take(&one, begin + BACK), Ok(()));
        assert!(rate.wait(&one, begin + BACK).is_some());
    }

    #[test]
    fn a_network_is_one_address() {
        for (a, b, same) in [
            ("2001:db8::1", "2001:db8::ffff", true),
            ("2001:db8:0:1::1", "2001:db8::1", false),
            ("::ffff:192.0.2.1", "192.0.2.1", true),
            ("192.0.2.1", "192.0.2.2", false),
        ] {
            let network = |text: &str| network(text.parse().unwrap());
            assert_eq!(network(a) == network(b), same, "{a} {b}");
        }
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let rate = Rate::new(10, BACK);
        let now = Instant::now();
        for number in 0..KNOWN_MAX + 50 {
            rate.add(&number, now);
        }
        assert_eq!(rate.known().len(), KNOWN_MAX);
    }
}
