//! How often an address may be wrong about a token.
//!
//! In: addresses, failures and the time. Out: whether the next attempt is looked at, and when it is. A token is too
//! long to be guessed; this keeps guessing from costing anything, and from filling the audit log.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Failures that an address has at once.
const AT_ONCE: u32 = 10;
/// The time in which one more comes back.
const BACK_EACH: Duration = Duration::from_secs(6);
/// Addresses that are remembered; beyond it the one that was wrong longest ago is forgotten.
const ADDRESSES_MAX: usize = 4096;

#[derive(Default)]
pub struct Attempts(Mutex<HashMap<IpAddr, Failures>>);

/// Failures that are not forgiven yet, as of an instant.
struct Failures {
    number: f64,
    at: Instant,
}

impl Failures {
    fn left(&self, now: Instant) -> f64 {
        let forgiven = now.saturating_duration_since(self.at).as_secs_f64();
        (self.number - forgiven / BACK_EACH.as_secs_f64()).max(0.0)
    }
}

impl Attempts {
    /// How long an address has to wait before a token of its is looked at; nothing when it need not.
    pub fn wait(&self, from: IpAddr, now: Instant) -> Option<Duration> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let over = known.get(&network(from))?.left(now) - f64::from(AT_ONCE - 1);
        (over > 0.0).then(|| BACK_EACH.mul_f64(over))
    }

    /// A token was wrong.
    pub fn failed(&self, from: IpAddr, now: Instant) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let from = network(from);
        if known.len() >= ADDRESSES_MAX && !known.contains_key(&from) {
            let oldest = known.iter().min_by_key(|(_, one)| one.at);
            if let Some(oldest) = oldest.map(|(address, _)| *address) {
                known.remove(&oldest);
            }
        }
        let number = known.get(&from).map_or(0.0, |one| one.left(now)) + 1.0;
        known.insert(from, Failures { number, at: now });
    }
}

/// Whoever has one address of IPv6 has its whole network of 64 bits.
fn network(address: IpAddr) -> IpAddr {
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

    #[test]
    fn who_is_wrong_too_often_waits() {
        let attempts = Attempts::default();
        let begin = Instant::now();
        let (one, other) = ("192.0.2.1".parse().unwrap(), "192.0.2.2".parse().unwrap());
        for _ in 0..AT_ONCE {
            assert_eq!(attempts.wait(one, begin), None);
            attempts.failed(one, begin);
        }
        let wait = attempts.wait(one, begin).unwrap();
        assert!(wait > Duration::ZERO && wait <= BACK_EACH, "{wait:?}");
        assert_eq!(attempts.wait(other, begin), None);
        assert_eq!(attempts.wait(one, begin + BACK_EACH), None);
        attempts.failed(one, begin + BACK_EACH);
        assert!(attempts.wait(one, begin + BACK_EACH).is_some());
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
        let attempts = Attempts::default();
        let now = Instant::now();
        for number in 0..ADDRESSES_MAX as u32 + 50 {
            attempts.failed(IpAddr::V4(number.into()), now);
        }
        assert_eq!(attempts.0.lock().unwrap().len(), ADDRESSES_MAX);
    }
}
