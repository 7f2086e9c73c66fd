//! What was there before the tree altered it, and who touched it since, from the events themselves.
//!
//! In: events that make or alter something, by whomever, in any order. Out: the same with `before` and
//! `touched_later_by` filled in where the events tell. Two events are about the same thing when all
//! parameters agree that the undo map names for them, those apart that say what it was set to.

use std::collections::{BTreeMap, BTreeSet};

use keyline_lineage::CredentialId;
use serde_json::Value;

use crate::request::AlteringEvent;
use crate::undo_map::{self, Record};

/// Fills in what the events tell about each other; `tree` are the credentials whose deeds are to be undone,
/// those before the theft apart.
pub fn complete(
    mut events: Vec<AlteringEvent>,
    tree: &BTreeSet<CredentialId>,
    stolen_since: Option<i64>,
) -> Vec<AlteringEvent> {
    events.sort_by(|a, b| (a.at, &a.event_id, &a.account).cmp(&(b.at, &b.event_id, &b.account)));
    let mut by_thing: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (place, event) in events.iter().enumerate().filter(|(_, event)| !event.failed) {
        if let Some(thing) = thing(event) {
            by_thing.entry(thing).or_default().push(place);
        }
    }
    let of_tree = |event: &AlteringEvent| {
        let of_theft = stolen_since.is_none_or(|since| event.at >= since);
        of_theft && tree.contains(&event.credential)
    };
    for places in by_thing.values() {
        // What the last of the others had set when the tree came.
        let mut last_before: Option<Value> = None;
        for (number, place) in places.iter().enumerate() {
            if !of_tree(&events[*place]) {
                last_before = Some(events[*place].request.clone());
                continue;
            }
            let later: BTreeSet<String> = places[number + 1..]
                .iter()
                .map(|later| &events[*later])
                .filter(|later| !of_tree(later))
                .map(|later| later.credential.clone())
                .collect();
            let event = &mut events[*place];
            if event.before.is_none() {
                event.before = last_before.clone();
            }
            if event.touched_later_by.is_empty() {
                event.touched_later_by = later.into_iter().collect();
            }
        }
    }
    events
}

/// What an event is about: account, row of the undo map, and what names the thing.
fn thing(event: &AlteringEvent) -> Option<String> {
    let row = undo_map::find(&event.source, &event.name)?;
    let names = row.names_of(&Record {
        request: &event.request,
        response: &event.response,
        before: None,
    });
    (!names.is_empty()).then(|| {
        format!(
            "{}|{}|{}|{}|{}",
            event.account,
            event.region,
            row.source,
            row.event,
            Value::Object(names)
        )
    })
}
