//! Numbers of [`Texts`](super::texts::Texts) in the order in which they came: a list, or a set for whoever
//! asks before adding one.

use hashbrown::HashTable;

/// Numbers that are looked through one by one: most sets are small, and there are many of them.
const SEARCHED_MAX: usize = 16;

#[derive(Debug, Default)]
pub(super) struct Numbers {
    in_order: Vec<u32>,
    /// Where numbers stand, those of a set with more than a few that was asked.
    places: HashTable<u32>,
}

impl Numbers {
    /// Where a number stands.
    pub(super) fn place(&mut self, number: u32) -> Option<usize> {
        let in_order = &self.in_order;
        if in_order.len() <= SEARCHED_MAX {
            return in_order.iter().position(|known| *known == number);
        }
        let hash_at = |place: &u32| hash(in_order[*place as usize]);
        for place in self.places.len()..in_order.len() {
            let place = place as u32;
            self.places.insert_unique(hash_at(&place), place, hash_at);
        }
        let is_it = |place: &u32| in_order[*place as usize] == number;
        let place = self.places.find(hash(number), is_it)?;
        Some(*place as usize)
    }

    pub(super) fn push(&mut self, number: u32) {
        self.in_order.push(number);
    }

    pub(super) fn as_slice(&self) -> &[u32] {
        &self.in_order
    }

    /// The numbers, to be replaced by others one for one.
    pub(super) fn renamed(&mut self) -> impl Iterator<Item = &mut u32> {
        self.places.clear();
        self.in_order.iter_mut()
    }

    /// Bytes on the heap.
    pub(super) fn size(&self) -> usize {
        self.in_order.capacity() * size_of::<u32>()
            + self.places.capacity() * (size_of::<u32>() + 1)
    }
}

/// The numbers are ours and dense, so spreading them is enough.
fn hash(number: u32) -> u64 {
    u64::from(number).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_found_where_they_were_put_whatever_their_number() {
        let mut numbers = Numbers::default();
        for n in 0..100 {
            assert_eq!(numbers.place(n * 3), None);
            numbers.push(n * 3);
            assert_eq!(numbers.place(n * 3), Some(n as usize));
            assert_eq!(numbers.place(0), Some(0));
        }
        numbers.renamed().for_each(|number| *number += 1);
        assert_eq!((numbers.place(297), numbers.place(298)), (None, Some(99)));
    }
}
