//! When a credential was used: calls added up by stretches of equal length.
//!
//! Calls go in one by one, in any order and in any parts. There are never more than
//! [`STRETCHES_KEPT`], or [`STRETCHES_OF_KEYS`] of what does not expire: one more, and all become twice as long. How long they are in the end follows from
//! the calls alone, since a stretch that is not empty never becomes so. Of each stretch 64 parts say whether a call
//! succeeded in them, so that a use between two changes is seen although it was not the last.

use crate::limits::{STRETCHES_KEPT, STRETCHES_OF_KEYS};
use crate::usage::NEVER;

const SECOND: i64 = 1_000_000;
/// Parts of a stretch, and the logarithm of their number; the shortest has parts of a second, which is how
/// exactly CloudTrail tells time.
const PARTS: i64 = 64;
const PARTS_LOG: u8 = 6;

/// Stretches of two to the power of `log` seconds, in order of time.
#[derive(Clone, Debug)]
pub(crate) struct Stretches {
    log: u8,
    /// Where the last call fell: the next one is mostly there, too.
    last: u16,
    most: u16,
    list: Vec<Stretch>,
}

/// One of them; `number` counts from 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stretch {
    number: i64,
    pub events: u32,
    pub errors: u32,
    /// Bit `i`: a call succeeded in part `i`.
    pub succeeded: u64,
}

/// Calls of one instant.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Calls {
    pub at: i64,
    pub events: u32,
    pub errors: u32,
    /// One of them succeeded, and a success proves that the credential worked.
    pub proven: bool,
}

impl Stretches {
    /// Of a credential that lives for years if `lasts`, else for hours.
    pub(crate) fn new(lasts: bool) -> Stretches {
        let most = if lasts {
            STRETCHES_OF_KEYS
        } else {
            STRETCHES_KEPT
        };
        Stretches {
            log: PARTS_LOG,
            last: 0,
            most: most as u16,
            list: Vec::with_capacity(2),
        }
    }

    #[inline(always)]
    pub(crate) fn add(&mut self, calls: Calls) {
        if calls.at == NEVER {
            return;
        }
        let second = calls.at.div_euclid(SECOND);
        let number = second >> self.log;
        let part = second >> (self.log - PARTS_LOG) & (PARTS - 1);
        let stretch = Stretch {
            number,
            events: calls.events,
            errors: calls.errors,
            succeeded: u64::from(calls.proven) << part,
        };
        match self.list.get_mut(self.last as usize) {
            Some(known) if known.number == number => known.add(&stretch),
            _ => self.put(stretch),
        }
    }

    pub(crate) fn extend(&mut self, calls: Option<Calls>) {
        if let Some(calls) = calls {
            self.add(calls);
        }
    }

    fn put(&mut self, stretch: Stretch) {
        let place = self
            .list
            .binary_search_by_key(&stretch.number, |known| known.number);
        match place {
            Ok(place) => {
                self.list[place].add(&stretch);
                self.last = place as u16;
            }
            Err(place) => {
                self.list.insert(place, stretch);
                self.last = place as u16;
                while self.list.len() > usize::from(self.most) {
                    self.lengthen();
                }
            }
        }
    }

    /// Adds what another part has seen.
    pub(crate) fn merge(&mut self, other: &Stretches) {
        self.most = self.most.max(other.most);
        while self.log < other.log {
            self.lengthen();
        }
        for stretch in &other.list {
            let mut stretch = *stretch;
            // Adding may make the stretches longer yet.
            for _ in other.log..self.log {
                stretch = stretch.twice_as_long();
            }
            self.put(stretch);
        }
    }

    /// Makes every stretch twice as long.
    fn lengthen(&mut self) {
        self.log += 1;
        self.last = 0;
        let mut longer: Vec<Stretch> = Vec::with_capacity(self.list.len() / 2 + 1);
        for stretch in &self.list {
            let stretch = stretch.twice_as_long();
            match longer.last_mut() {
                Some(last) if last.number == stretch.number => last.add(&stretch),
                _ => longer.push(stretch),
            }
        }
        self.list = longer;
    }

    /// Beginning, length and content of each, in microseconds.
    pub(crate) fn all(&self) -> impl Iterator<Item = (i64, i64, &Stretch)> {
        let length = (1_i64 << self.log).saturating_mul(SECOND);
        self.list
            .iter()
            .map(move |stretch| (stretch.number.saturating_mul(length), length, stretch))
    }
}

impl Stretch {
    fn add(&mut self, other: &Stretch) {
        self.events = self.events.saturating_add(other.events);
        self.errors = self.errors.saturating_add(other.errors);
        self.succeeded |= other.succeeded;
    }

    fn twice_as_long(self) -> Stretch {
        let half = PARTS as u32 / 2 * (self.number & 1) as u32;
        Stretch {
            number: self.number >> 1,
            succeeded: pairs(self.succeeded) << half,
            ..self
        }
    }
}

/// Of each two bits whether one is set, in the lower half.
fn pairs(bits: u64) -> u64 {
    let mut found = (bits | bits >> 1) & 0x5555_5555_5555_5555;
    for (shift, mask) in [
        (1, 0x3333_3333_3333_3333),
        (2, 0x0f0f_0f0f_0f0f_0f0f),
        (4, 0x00ff_00ff_00ff_00ff),
        (8, 0x0000_ffff_0000_ffff),
        (16, 0x0000_0000_ffff_ffff),
    ] {
        found = (found | found >> shift) & mask;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(times: &[i64], split: usize) -> String {
        let mut parts = [Stretches::new(false), Stretches::new(false)];
        for (place, second) in times.iter().enumerate() {
            parts[usize::from(place >= split)].add(Calls {
                at: second * SECOND,
                events: 1,
                errors: u32::from(second % 3 == 0),
                proven: second % 3 != 0,
            });
        }
        let [mut first, second] = parts;
        first.merge(&second);
        let total: u32 = first.list.iter().map(|stretch| stretch.events).sum();
        assert_eq!(total as usize, times.len());
        assert!(first.list.len() <= STRETCHES_KEPT);
        format!("{} {:?}", first.log, first.list)
    }

    #[test]
    fn no_order_and_no_split_matters() {
        for step in [1, 7, 61, 4_001, 86_399] {
            let mut times: Vec<i64> = (0..500)
                .map(|number| (number * 7919 % 500) * step - 40 * step)
                .collect();
            let expected = of(&times, times.len());
            for split in [0, 3, 250] {
                times.rotate_left(91);
                assert_eq!(of(&times, split), expected, "{step}");
                times.reverse();
            }
        }
    }

    #[test]
    fn parts_follow_when_stretches_become_longer() {
        for (bits, expected) in [
            (0, 0),
            (1, 1),
            (2, 1),
            (1 << 63, 1 << 31),
            (0b1100_0001, 0b1001),
            (u64::MAX, u64::from(u32::MAX)),
        ] {
            assert_eq!(pairs(bits), expected, "{bits:b}");
        }
        let mut stretches = Stretches::new(false);
        let at = 1_000_001 * SECOND;
        stretches.add(Calls {
            at,
            events: 1,
            errors: 0,
            proven: true,
        });
        for _ in 0..9 {
            stretches.lengthen();
            let (from, length, stretch) = stretches.all().next().unwrap();
            let part = from + i64::from(stretch.succeeded.trailing_zeros()) * (length / PARTS);
            assert!(part <= at && at < part + length / PARTS, "{length}");
            assert_eq!(stretch.succeeded.count_ones(), 1);
        }
    }
}
