//! Seeded numbers: a hash of labels and a small generator, both fixed for good.
//!
//! In: seeds and labels. Out: 64-bit numbers that never depend on the platform, the number of
//! threads or the version of a library, because a seed in a test or a benchmark must mean the same
//! organisation in ten years. Deliberately not here: anything fit for cryptography.

/// Mixes the bits of one number (the finaliser of SplitMix64).
pub fn mix(value: u64) -> u64 {
    let mut z = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A number derived from another and a label's worth of salt.
pub fn derive(seed: u64, salt: u64) -> u64 {
    mix(seed ^ mix(salt))
}

/// A number derived from a seed and a text.
pub fn derive_text(seed: u64, label: &str) -> u64 {
    let mut state = seed ^ 0xcbf2_9ce4_8422_2325;
    for byte in label.bytes() {
        state = (state ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    mix(state)
}

/// A stream of numbers from one seed.
#[derive(Debug, Clone)]
pub struct Random {
    state: u64,
}

impl Random {
    pub fn new(seed: u64) -> Random {
        Random { state: seed }
    }

    pub fn draw(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.state)
    }

    /// A number in `0..bound`; 0 where the bound is 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        scale(self.draw(), bound)
    }
}

/// Maps a 64-bit number onto `0..bound` without a division.
pub fn scale(number: u64, bound: u64) -> u64 {
    ((u128::from(number) * u128::from(bound)) >> 64) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_fixed_for_good() {
        let mut random = Random::new(7);
        let first = [random.below(1000), random.below(1000), random.below(1000)];
        let mut again = Random::new(7);
        assert_eq!(
            first,
            [again.below(1000), again.below(1000), again.below(1000)]
        );
        assert_eq!(mix(0), 0xe220_a839_7b1d_cdaf);
        assert_ne!(derive_text(1, "a"), derive_text(1, "b"));
        assert_eq!(scale(u64::MAX, 10), 9);
        assert_eq!(scale(0, 10), 0);
    }
}
