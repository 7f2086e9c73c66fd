//! The texts that the groups of an aggregate hold, each kept once however many groups hold it.
//!
//! In: texts. Out: numbers, which groups keep in their place. A replay puts one event into a group for
//! each tick that sees it, so that its id would otherwise be kept as often.

use std::hash::{BuildHasher, RandomState};

use hashbrown::HashTable;

/// Bytes of a block of texts; a longer text has a block of its own.
const BLOCK_BYTES: usize = 64 << 10;

/// Bytes from which on it is looked whether texts have fallen out of use.
const COMPACTED_BYTES_MIN: usize = 1 << 20;

#[derive(Debug)]
pub(super) struct Texts {
    blocks: Vec<String>,
    places: Vec<Place>,
    by_text: HashTable<u32>,
    hasher: RandomState,
    /// Of the blocks.
    bytes: usize,
    /// What the blocks took when they were last compacted.
    compacted: usize,
}

#[derive(Debug, Clone, Copy)]
struct Place {
    block: u32,
    from: u32,
    bytes: u32,
}

impl Texts {
    pub(super) fn new() -> Texts {
        Texts {
            blocks: Vec::new(),
            places: Vec::new(),
            by_text: HashTable::new(),
            // Chosen anew in each process: texts of a log cannot be made to collide.
            hasher: RandomState::new(),
            bytes: 0,
            compacted: 0,
        }
    }

    /// The number of a text.
    pub(super) fn number(&mut self, text: &str) -> u32 {
        let hash = self.hasher.hash_one(text);
        let (blocks, places) = (&self.blocks, &self.places);
        let is_it = |number: &u32| text_at(blocks, places, *number) == text;
        if let Some(number) = self.by_text.find(hash, is_it) {
            return *number;
        }
        let fits = |block: &String| block.capacity() - block.len() >= text.len();
        if !self.blocks.last().is_some_and(fits) {
            let block = String::with_capacity(text.len().max(BLOCK_BYTES));
            self.bytes += block.capacity();
            self.blocks.push(block);
        }
        let number = self.places.len() as u32;
        let block = self.blocks.len() - 1;
        let from = self.blocks[block].len() as u32;
        self.blocks[block].push_str(text);
        self.places.push(Place {
            block: block as u32,
            from,
            bytes: text.len() as u32,
        });
        let (blocks, places, hasher) = (&self.blocks, &self.places, &self.hasher);
        self.by_text.insert_unique(hash, number, |number| {
            hasher.hash_one(text_at(blocks, places, *number))
        });
        number
    }

    pub(super) fn text(&self, number: u32) -> &str {
        text_at(&self.blocks, &self.places, number)
    }

    /// Whether so much was added since texts were last thrown away that it is worth looking again.
    pub(super) fn has_doubled(&self) -> bool {
        self.bytes >= 2 * self.compacted.max(COMPACTED_BYTES_MIN)
    }

    /// Throws away all texts but those of these numbers, which become others.
    pub(super) fn keep_only<'n>(&mut self, numbers: impl Iterator<Item = &'n mut u32>) {
        let old = std::mem::replace(self, Texts::new());
        for number in numbers {
            *number = self.number(old.text(*number));
        }
        self.compacted = self.bytes;
    }

    pub(super) fn size(&self) -> usize {
        self.bytes
            + self.places.capacity() * size_of::<Place>()
            + self.by_text.capacity() * (size_of::<u32>() + 1)
    }
}

fn text_at<'t>(blocks: &'t [String], places: &[Place], number: u32) -> &'t str {
    let place = places[number as usize];
    let from = place.from as usize;
    &blocks[place.block as usize][from..from + place.bytes as usize]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_has_one_number_until_it_is_thrown_away() {
        let mut texts = Texts::new();
        let long = "x".repeat(BLOCK_BYTES + 1);
        let all: Vec<String> = (0..50_000)
            .map(|n| format!("text {n} {}", "y".repeat(40)))
            .collect();
        let numbers: Vec<u32> = all.iter().map(|text| texts.number(text)).collect();
        let of_long = texts.number(&long);
        let again: Vec<u32> = all.iter().map(|text| texts.number(text)).collect();
        assert_eq!(numbers, again);
        assert!(
            all.iter()
                .zip(&numbers)
                .all(|(text, number)| texts.text(*number) == text)
        );
        assert!(texts.has_doubled());
        let before = texts.size();
        let mut kept = [numbers[7], of_long, numbers[7], numbers[49_999]];
        texts.keep_only(kept.iter_mut());
        let left: Vec<&str> = kept.iter().map(|number| texts.text(*number)).collect();
        assert_eq!(left, [&all[7], &long, &all[7], &all[49_999]]);
        assert_eq!(kept[0], kept[2]);
        assert!(texts.size() < before / 10 && !texts.has_doubled());
    }
}
