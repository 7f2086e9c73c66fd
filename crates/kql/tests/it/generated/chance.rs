//! Choices that follow from a seed, and change little when a list of what is chosen from grows.

/// A sequence of numbers (SplitMix64).
pub struct Chance(u64);

fn mix(mut x: u64) -> u64 {
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

impl Chance {
    pub fn new(seed: u64) -> Chance {
        Chance(mix(seed ^ 0x9e37_79b9_7f4a_7c15))
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.0)
    }

    /// A number below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }

    /// True in so many of a hundred cases.
    pub fn percent(&mut self, part: u64) -> bool {
        self.next() % 100 < part
    }

    pub fn one_of<'i, T>(&mut self, items: &'i [T]) -> &'i T {
        &items[self.below(items.len())]
    }

    /// One of the items by a vote in which each has its own number, so that a new item takes a few
    /// choices from the others and leaves all the rest as they were.
    pub fn vote<'i, T>(&mut self, items: &'i [T], name: impl Fn(&T) -> u64) -> Option<&'i T> {
        let ballot = self.next();
        items.iter().max_by_key(|item| mix(name(item) ^ ballot))
    }
}
