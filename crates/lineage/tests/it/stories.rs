//! The stories of the made-up organisation: what the forest says of each credential that a story tells of
//! must be what really happened.

use keyline_lineage::{Credential, Forest, Node};
use keyline_simulate::stories::truth::{Expected, State};
use keyline_simulate::{Told, stories};

use crate::world::forest;

/// Reads a story's logs and compares every credential of its truth.
fn check(story: &str, seed: u64) -> Vec<String> {
    let told = tell(story, seed);
    let mut text = Vec::new();
    for file in told.simulation.files() {
        text.extend_from_slice(file.text.as_bytes());
        text.push(b'\n');
    }
    let forest = forest(&text);
    let mut wrong = Vec::new();
    for expected in &told.truth.credentials {
        compare(&forest, &told, expected, &mut wrong);
    }
    wrong
        .into_iter()
        .map(|wrong| format!("{story} {seed}: {wrong}"))
        .collect()
}

fn tell(story: &str, seed: u64) -> Told {
    let found = stories::ALL.iter().find(|known| known.name == story);
    (found.unwrap().tell)(seed)
}

fn compare(forest: &Forest, told: &Told, expected: &Expected, wrong: &mut Vec<String>) {
    let Some(node) = find(forest, expected) else {
        wrong.push(format!("{}: not found", expected.name));
        return;
    };
    let found = forest.credential(node);
    let mut note = |what: &str, is: String, should: String| {
        if is != should {
            wrong.push(format!(
                "{}: {what} is {is} and should be {should}",
                expected.name
            ));
        }
    };
    note("kind", found.kind.name().into(), expected.kind.into());
    note(
        "keys",
        format!("{:?}", found.access_key_ids),
        format!("{:?}", expected.access_key_ids),
    );
    note(
        "minted key",
        format!("{:?}", found.minted_key_id),
        format!("{:?}", expected.minted_key_id),
    );
    note(
        "issued",
        format!("{:?}", found.issued_at),
        format!("{:?}", expected.issued_at.map(micros)),
    );
    note(
        "expires",
        format!("{:?} {}", found.expires_at, found.expiry.name()),
        format!(
            "{:?} {}",
            expected.expires_at.map(micros),
            expected.expiry.name()
        ),
    );
    // The first stories do not count the calls of ordinary days.
    if !told.truth.story.starts_with("instance-credential") {
        note(
            "calls",
            found.event_count.to_string(),
            expected.calls.to_string(),
        );
    }
    let liveness = forest.liveness(node, micros(told.truth.as_of));
    let state = match expected.state {
        None | Some(State::Works) => liveness.state.is_alive().to_string(),
        Some(state) => (liveness.state.name() == state.name()).to_string(),
    };
    note(
        &format!("state {:?}: {}", expected.state, liveness.state.name()),
        state,
        "true".into(),
    );
    note(
        "used after revocation",
        liveness.used_after_revocation.to_string(),
        expected.used_after_revocation.to_string(),
    );
    if let Some(parentage) = &expected.parent {
        let parents = names(told, forest, expected);
        let is = match &found.parent {
            Some(parent) => format!("{} {}", parents(&parent.id), parent.certainty.name()),
            None => format!("none ({:?})", found.parent_unknown_because),
        };
        let mut fits = vec![parentage.name.clone()];
        if !expected.candidates.is_empty() {
            fits.clone_from(&expected.candidates);
        }
        let should = format!("{} {}", parentage.name, parentage.certainty.name());
        let listed = found.parent.iter().flat_map(|parent| &parent.candidates);
        let mut listed: Vec<String> = listed.map(|candidate| parents(&candidate.id)).collect();
        listed.sort();
        let mut candidates = expected.candidates.clone();
        candidates.sort();
        if expected.candidates.is_empty() {
            note("parent", is, should);
        } else {
            let certainty = found.parent.as_ref().map(|parent| parent.certainty.name());
            note(
                "certainty",
                format!("{certainty:?}"),
                format!("{:?}", Some(parentage.certainty.name())),
            );
            note(
                "candidates",
                format!("{listed:?}"),
                format!("{candidates:?}"),
            );
        }
    }
}

/// What the story calls the credential of an id.
fn names<'a>(told: &'a Told, forest: &'a Forest, _: &Expected) -> impl Fn(&str) -> String + 'a {
    |id| {
        let node = forest.by_id(id).unwrap();
        let name = told
            .truth
            .credentials
            .iter()
            .find(|expected| find(forest, expected) == Some(node));
        match name {
            Some(expected) => expected.name.clone(),
            None => format!("{} {}", forest.credential(node).kind.name(), id),
        }
    }
}

/// The credential that the truth speaks of: by its keys, else by its kind, principal and time.
fn find(forest: &Forest, expected: &Expected) -> Option<Node> {
    let keys = expected
        .minted_key_id
        .iter()
        .chain(&expected.access_key_ids);
    for key in keys {
        if let Some(node) = forest.find(key).first() {
            return Some(*node);
        }
    }
    let fits = |credential: &Credential| {
        credential.kind.name() == expected.kind
            && (expected.principal_id.is_empty()
                || credential.principal_id == expected.principal_id)
            && (expected.issued_at.is_none()
                || credential.issued_at == expected.issued_at.map(micros))
            && credential.account_id == expected.account
    };
    let mut found = forest
        .nodes()
        .filter(|node| fits(&forest.credential(*node)));
    found.next()
}

fn micros(seconds: i64) -> i64 {
    seconds * 1_000_000
}

#[test]
fn every_story_is_seen_as_it_happened() {
    let all = stories::ALL.iter();
    let wrong: Vec<String> = all
        .flat_map(|story| [1, 7].map(|seed| check(story.name, seed)))
        .flatten()
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
