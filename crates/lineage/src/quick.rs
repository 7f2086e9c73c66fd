//! Maps by numbers: of texts, of credentials, of instants.
//!
//! A forest looks up millions of small keys, for which the standard hasher takes longer than the look-up. This one
//! multiplies, from a start that no log can know, so that nobody can make keys that fall on one another. What
//! leaves the crate never follows the order of a map.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::LazyLock;

pub(crate) type Map<K, V> = HashMap<K, V, Start>;
pub(crate) type Set<K> = HashSet<K, Start>;

/// Where hashing starts: the same for all maps of the process.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Start(u64);

static START: LazyLock<u64> = LazyLock::new(|| RandomState::new().hash_one(0));

/// A number that differs from process to process, so that nobody can make texts of which one hash comes.
pub(crate) fn start() -> u64 {
    *START
}

impl Default for Start {
    fn default() -> Self {
        Start(*START)
    }
}

impl BuildHasher for Start {
    type Hasher = Quick;

    #[inline(always)]
    fn build_hasher(&self) -> Quick {
        Quick(self.0)
    }
}

pub(crate) struct Quick(u64);

impl Quick {
    #[inline(always)]
    fn mix(&mut self, number: u64) {
        const ODD: u128 = 0x9e37_79b9_7f4a_7c15;
        let product = u128::from(self.0 ^ number) * ODD;
        self.0 = (product as u64 ^ (product >> 64) as u64).rotate_left(23);
    }
}

impl Hasher for Quick {
    fn write(&mut self, bytes: &[u8]) {
        for part in bytes.chunks(8) {
            let mut number = [0; 8];
            number[..part.len()].copy_from_slice(part);
            self.mix(u64::from_le_bytes(number));
        }
    }

    #[inline(always)]
    fn write_u16(&mut self, number: u16) {
        self.mix(number.into());
    }

    #[inline(always)]
    fn write_u32(&mut self, number: u32) {
        self.mix(number.into());
    }

    #[inline(always)]
    fn write_u64(&mut self, number: u64) {
        self.mix(number);
    }

    #[inline(always)]
    fn write_usize(&mut self, number: usize) {
        self.mix(number as u64);
    }

    #[inline(always)]
    fn finish(&self) -> u64 {
        // Tables take their places from the low bits and their marks from the high ones.
        self.0.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_in_a_row_are_spread() {
        let start = Start::default();
        for step in [1_u64, 64, 1 << 20, 1 << 32, 1_000_000] {
            let mut low: Set<u64> = Set::default();
            let mut high: Set<u64> = Set::default();
            for number in 0..4096 {
                let hash = start.hash_one(number * step);
                low.insert(hash & 0xfff);
                high.insert(hash >> 57);
            }
            // By chance 63 of 100 places are taken.
            assert!(low.len() > 2200, "{step}: {}", low.len());
            assert_eq!(high.len(), 128, "{step}");
        }
    }
}
