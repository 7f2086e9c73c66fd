//! What was there before the tree altered it, and who touched it since, from the events themselves.
//!
//! In: events that make or alter something, by whomever, in any order. Out: the same with `before` and
//! `touched_later_by` filled in where the events tell. Two events are about the same thing when all
//! parameters agree that the undo map names for them, those apart that say what it was set to. What takes something
//! away is about what sets it, and who makes a role sets its trust.

use std::collections::{BTreeMap, BTreeSet};

use keyline_lineage::CredentialId;
use serde_json::{Value, json};

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
        // What the last of the others had set when the tree came; none where they took it away again.
        let mut last_before: Option<Value> = None;
        for (number, place) in places.iter().enumerate() {
            if !of_tree(&events[*place]) {
                last_before = left_by(&events[*place]);
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

/// Events that take away what another sets, or set it in passing, by that other.
const SAME_THING: &[(&str, &str)] = &[
    ("CreateRole", "UpdateAssumeRolePolicy"),
    ("DeleteBucketPolicy", "PutBucketPolicy"),
    ("DeleteRolePolicy", "PutRolePolicy"),
    ("DeleteUserPolicy", "PutUserPolicy"),
    ("DetachRolePolicy", "AttachRolePolicy"),
    ("DetachUserPolicy", "AttachUserPolicy"),
    ("RemoveUserFromGroup", "AddUserToGroup"),
];

/// What an event leaves set, in the form of a request that sets it.
fn left_by(event: &AlteringEvent) -> Option<Value> {
    let known = SAME_THING.iter().any(|(name, _)| *name == event.name);
    match event.name.as_str() {
        "CreateRole" => {
            let trust = event.request.get("assumeRolePolicyDocument")?;
            Some(json!({"policyDocument": trust}))
        }
        _ if known => None,
        _ => Some(event.request.clone()),
    }
}

/// What an event is about: account, row of the undo map, and what names the thing.
fn thing(event: &AlteringEvent) -> Option<String> {
    let row = undo_map::find(&event.source, &event.name)?;
    let same = SAME_THING.iter().find(|(name, _)| *name == row.event);
    let sets = same.map_or(row.event, |(_, sets)| sets);
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
            sets,
            Value::Object(names)
        )
    })
}
