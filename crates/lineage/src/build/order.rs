//! An order of facts that depends on nothing but their content, and how lists are brought into one.
//!
//! What is sorted are short keys with the places of the facts, which are large: each fact is moved once.

use std::cmp::Ordering;

use xxhash_rust::xxh3::xxh3_64;

use crate::deed::{Changed, Minted};
use crate::sighting::{Forwarding, Sighting};
use crate::strings::{Strings, Text};

/// Texts by their hashes: an order that no delivery has a part in, without reading a letter twice.
pub(crate) struct Ranks(Vec<u64>);

impl Ranks {
    pub(super) fn new(strings: &Strings) -> Ranks {
        let rank = |text| xxh3_64(strings.get(text).as_bytes());
        Ranks(strings.all().map(rank).collect())
    }

    fn of(&self, text: Text) -> u64 {
        self.0[text.0 as usize]
    }

    fn compare(&self, a: impl Iterator<Item = Text>, b: impl Iterator<Item = Text>) -> Ordering {
        a.map(|text| self.of(text)).cmp(b.map(|text| self.of(text)))
    }

    pub(super) fn order_mints(&self, mints: &mut [Minted]) {
        let key = |minted: &Minted| (minted.at, self.of(minted.event));
        sort(mints, key, |a, b| {
            (a.row.cmp(&b.row))
                .then_with(|| self.compare(a.all_texts(), b.all_texts()))
                .then_with(|| {
                    let rest = |it: &Minted| (it.expires, it.seconds, it.omitted);
                    rest(a).cmp(&rest(b))
                })
                .then_with(|| a.caller.who.created.cmp(&b.caller.who.created))
        });
    }

    pub(super) fn order_changes(&self, changes: &mut [Changed]) {
        let key = |changed: &Changed| (changed.at, self.of(changed.event));
        sort(changes, key, |a, b| {
            (a.row.cmp(&b.row))
                .then_with(|| self.compare(a.all_texts(), b.all_texts()))
                .then_with(|| a.denials.cmp(&b.denials))
                .then_with(|| a.caller.who.created.cmp(&b.caller.who.created))
        });
    }

    pub(super) fn order_forwardings(&self, forwardings: &mut [Forwarding]) {
        forwardings
            .sort_unstable_by_key(|group| (self.of(group.account), self.of(group.principal)));
    }

    /// Where each sighting came to stand.
    pub(super) fn order_sightings(&self, sightings: &mut [Sighting]) -> Vec<u32> {
        let key = |sighting: &Sighting| (sighting.who.created, self.of(sighting.who.key));
        sort(sightings, key, |a, b| {
            let rest = |it: &Sighting| {
                [it.who.principal, it.who.account, it.who.bearer].map(|text| self.of(text))
            };
            rest(a).cmp(&rest(b))
        })
    }
}

/// Sorts by a key and, where keys are equal, by what else there is. Where each came to stand.
fn sort<T>(
    list: &mut [T],
    key: impl Fn(&T) -> (i64, u64),
    rest: impl Fn(&T, &T) -> Ordering,
) -> Vec<u32> {
    let mut keys: Vec<((i64, u64), u32)> = list.iter().map(key).zip(0..).collect();
    keys.sort_unstable_by(|a, b| {
        (a.0.cmp(&b.0)).then_with(|| rest(&list[a.1 as usize], &list[b.1 as usize]))
    });
    let order: Vec<u32> = keys.into_iter().map(|(_, at)| at).collect();
    let places = places(&order);
    arrange(list, &places);
    places
}

/// Where each element of a list goes, by the elements in their order.
pub(super) fn places(order: &[u32]) -> Vec<u32> {
    let mut places = vec![0; order.len()];
    for (new, old) in order.iter().enumerate() {
        places[*old as usize] = new as u32;
    }
    places
}

/// Moves each element of a list to its place.
pub(super) fn arrange<T>(list: &mut [T], places: &[u32]) {
    let mut places = places.to_vec();
    for at in 0..list.len() {
        while places[at] as usize != at {
            let to = places[at] as usize;
            list.swap(at, to);
            places.swap(at, to);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_element_comes_to_its_place() {
        let mut list: Vec<u32> = (0..1000).map(|number| number * 7919 % 1000).collect();
        let before = list.clone();
        let places = sort(&mut list, |number| (i64::from(*number / 10), 0), u32::cmp);
        assert!(list.iter().copied().eq(0..1000));
        for (at, number) in before.iter().enumerate() {
            assert_eq!(places[at], *number);
        }
    }
}
