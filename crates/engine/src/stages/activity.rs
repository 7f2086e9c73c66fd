//! The plugins that count who is active when: `activity_counts_metrics`, `activity_engagement`,
//! `activity_metrics`, `new_activity_metrics`, `active_users_count`, `session_count`,
//! `sliding_window_counts`.
//!
//! In: the events of one combination of dimensions, and the window. Out: for each bin its measures.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use keyline_kql::types::Value;

use super::axis::{Slice, Step, bin};

/// From where to where, both included, and how wide a bin is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Window {
    pub start: i64,
    pub end: i64,
    pub step: Step,
}

/// A bin and its measures.
pub(crate) type Measures = Vec<(i64, Vec<Value>)>;

impl Window {
    /// That of all events, in bins from the first on.
    pub(crate) fn of(slice: &Slice, step: Step) -> Window {
        Window {
            start: slice.first(),
            end: slice.last(),
            step,
        }
    }

    fn bin(self, at: i64) -> i64 {
        self.step.bin(at, self.start)
    }

    /// The ids of the events in each bin that has some.
    fn bins(self, slice: &Slice) -> BTreeMap<i64, Vec<u32>> {
        let mut bins: BTreeMap<i64, Vec<u32>> = BTreeMap::new();
        for (at, id) in slice.between(self.start, self.end.saturating_add(1)) {
            bins.entry(self.bin(*at)).or_default().push(*id);
        }
        bins
    }
}

fn long(count: usize) -> Value {
    Value::Long(i64::try_from(count).unwrap_or(i64::MAX))
}

fn ratio(part: usize, whole: usize) -> Value {
    Value::Real(part as f64 / whole as f64)
}

fn distinct(ids: &[u32]) -> HashSet<u32> {
    ids.iter().copied().collect()
}

/// Events, ids, ids never seen before, and ids seen so far.
pub(crate) fn counts_metrics(slice: &Slice, window: Window) -> Measures {
    let mut seen = HashSet::new();
    let bins = window.bins(slice).into_iter();
    bins.map(|(bin, ids)| {
        let here = distinct(&ids);
        let before = seen.len();
        seen.extend(here.iter().copied());
        let new = seen.len() - before;
        (
            bin,
            vec![
                long(ids.len()),
                long(here.len()),
                long(new),
                long(seen.len()),
            ],
        )
    })
    .collect()
}

/// Ids of a bin, ids of the wider window that ends with it, and their ratio.
pub(crate) fn engagement(slice: &Slice, window: Window, outer: i64) -> Measures {
    let bins = window.bins(slice).into_iter();
    bins.map(|(bin, ids)| {
        let end = window.step.after(bin);
        let around = slice.between(end.saturating_sub(outer), end).iter();
        let around: HashSet<u32> = around.map(|(_, id)| *id).collect();
        let here = distinct(&ids);
        let values = vec![
            long(here.len()),
            long(around.len()),
            ratio(here.len(), around.len()),
        ];
        (bin, values)
    })
    .collect()
}

/// Ids, those that the bin before did not have, and which part of its ids came back, and which did not.
pub(crate) fn metrics(slice: &Slice, window: Window) -> Measures {
    let mut before: HashSet<u32> = HashSet::new();
    let bins = window.bins(slice).into_iter();
    bins.map(|(bin, ids)| {
        let here = distinct(&ids);
        let back = before.intersection(&here).count();
        let values = vec![
            long(here.len()),
            long(here.len() - back),
            ratio(back, before.len()),
            ratio(before.len() - back, before.len()),
        ];
        before = here;
        (bin, values)
    })
    .collect()
}

/// Which bins `new_metrics` begins with, and which ids are known already.
#[derive(Debug, Default)]
pub(crate) struct Cohort {
    /// Only the bin of this place, if there is one.
    pub only: Option<i64>,
    pub known: HashSet<u32>,
}

/// For each bin its new ids, and how many of them are in each bin from it on: pairs of bins. Counted
/// first are the ids of the later bin that no bin up to the first one had; of a bin with itself, its new
/// ids.
pub(crate) fn new_metrics(
    slice: &Slice,
    window: Window,
    cohort: &Cohort,
) -> Vec<(i64, i64, Vec<Value>)> {
    let mut seen = cohort.known.clone();
    let bins: Vec<(i64, HashSet<u32>)> = window
        .bins(slice)
        .into_iter()
        .map(|(bin, ids)| (bin, distinct(&ids)))
        .collect();
    let only = cohort.only.map(|place| window.bin(place));
    let mut found = Vec::new();
    for (place, (from, ids)) in bins.iter().enumerate() {
        let new: HashSet<u32> = ids.difference(&seen).copied().collect();
        seen.extend(ids.iter().copied());
        if only.is_some_and(|only| only != *from) {
            continue;
        }
        for (to, later) in &bins[place..] {
            let unseen = match to == from {
                true => new.len(),
                false => later.difference(&seen).count(),
            };
            let retained = new.intersection(later).count();
            let lost = new.len() - retained;
            let values = vec![
                long(unseen),
                long(retained),
                long(lost),
                ratio(retained, new.len()),
                ratio(lost, new.len()),
            ];
            found.push((*from, *to, values));
        }
    }
    found
}

/// Ids that were active in enough periods of the look-back that ends with one of their periods in
/// the bin.
pub(crate) fn active_users(
    slice: &Slice,
    window: Window,
    lookback: i64,
    period: i64,
    periods: usize,
) -> Measures {
    let mut active: HashMap<u32, BTreeSet<i64>> = HashMap::new();
    for (at, id) in &slice.events {
        active
            .entry(*id)
            .or_default()
            .insert(bin(*at, window.start, period));
    }
    let mut counts: BTreeMap<i64, usize> = BTreeMap::new();
    for places in active.into_values() {
        let in_window = places.range(window.start..=window.end);
        let enough = in_window.filter(|at| {
            let after = at.saturating_sub(lookback).saturating_add(1);
            after <= **at && places.range(after..=**at).count() >= periods
        });
        let bins: BTreeSet<i64> = enough.map(|at| window.bin(*at)).collect();
        for bin in bins {
            *counts.entry(bin).or_default() += 1;
        }
    }
    counts
        .into_iter()
        .map(|(bin, count)| (bin, vec![long(count)]))
        .collect()
}

/// Sessions that have an event in the bin; an event begins one if its id has none before it within
/// the look-back.
pub(crate) fn sessions(slice: &Slice, window: Window, lookback: i64) -> Measures {
    let mut last: HashMap<u32, (i64, u64)> = HashMap::new();
    let mut bins: BTreeMap<i64, HashSet<(u32, u64)>> = BTreeMap::new();
    for (at, id) in slice.between(window.start, window.end.saturating_add(1)) {
        let session = match last.get(id) {
            Some((before, session)) if at.saturating_sub(*before) <= lookback => *session,
            Some((_, session)) => session + 1,
            None => 0,
        };
        last.insert(*id, (*at, session));
        bins.entry(window.bin(*at))
            .or_default()
            .insert((*id, session));
    }
    bins.into_iter()
        .map(|(bin, sessions)| (bin, vec![long(sessions.len())]))
        .collect()
}

/// Events and ids of the look-back that ends with each bin.
pub(crate) fn sliding(slice: &Slice, window: Window, lookback: i64) -> Measures {
    let mut found = Vec::new();
    let mut at = window.start;
    while at <= window.end && at <= slice.last().saturating_add(lookback) {
        let end = window.step.after(at);
        let within = slice.between(end.saturating_sub(lookback), end);
        if !within.is_empty() {
            let ids: HashSet<u32> = within.iter().map(|(_, id)| *id).collect();
            found.push((at, vec![long(within.len()), long(ids.len())]));
        } else if let Some((next, _)) = slice.events.iter().find(|(event, _)| *event >= end) {
            // Nothing is seen up to the bin of the next event.
            at = window.bin(*next);
            continue;
        }
        at = end;
    }
    found
}
