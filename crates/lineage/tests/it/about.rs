//! The tree of one credential out of some of the events: what [`Forest::of_one`] makes must be, byte for byte, what the
//! forest of all events says of that tree.

use std::collections::BTreeSet;

use keyline_lineage::{Forest, Node, Production};
use keyline_simulate::stories;

use crate::parts::Parts;
use crate::{records, shared};

/// Everything that is said of the tree that a text names.
fn told(forest: &Forest, text: &str) -> String {
    let named = forest.find(text);
    let forest = forest.clone().about(&named);
    let mut nodes: BTreeSet<Node> = named.iter().copied().collect();
    nodes.extend(forest.below(&named));
    let line: Vec<Node> = nodes.iter().copied().collect();
    nodes.extend(forest.above(&line));
    // Beside the line stand only credentials that were minted in its seconds.
    let beside: Vec<Node> = nodes
        .iter()
        .flat_map(|node| forest.children(*node).to_vec())
        .collect();
    nodes.extend(beside);
    let ids: Vec<String> = named.iter().map(|node| forest.id(*node)).collect();
    let mut out = format!("{ids:?} {:?}\n", forest.last_event());
    for node in nodes {
        out.push_str(&format!("{:?}\n", forest.credential(node)));
    }
    out
}

/// Asks for every `step`th key and id of some records, and compares.
fn check(what: &str, lines: &[String], step: usize) {
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let parts = Parts::of(text.as_bytes());
    let production = Production::default();
    let (whole, _) = Forest::build(parts.facts(), &production);
    let mut texts = BTreeSet::new();
    for node in whole.nodes() {
        let credential = whole.alone(node);
        texts.extend(credential.access_key_ids);
        texts.extend(credential.aliases);
        texts.insert(credential.id);
    }
    let rows: usize = parts.batches.iter().map(|batch| batch.num_rows()).sum();
    let (mut asked, mut found, mut taken) = (0, 0, 0);
    for text in texts.iter().step_by(step) {
        parts.forget();
        let Ok(one) = Forest::of_one(&parts, text, &production, None);
        asked += 1;
        // There are other ids, too; all is read for these.
        let Some((one, _)) = one else {
            let is_key = ["AKIA", "ASIA"].iter().any(|start| text.starts_with(start));
            assert!(!is_key, "{what}: {text} is not found");
            continue;
        };
        found += 1;
        taken += parts.taken();
        let (one, expected) = (told(&one, text), told(&whole, text));
        if one != expected {
            let same = one
                .bytes()
                .zip(expected.bytes())
                .take_while(|(a, b)| a == b);
            let at = same.count().saturating_sub(400);
            let part = |text: &str| String::from_utf8_lossy(&text.as_bytes()[at..]).into_owned();
            let (one, expected) = (part(&one), part(&expected));
            panic!("{what}: {text}\n…{one:.600}\nshould be\n…{expected:.600}");
        }
    }
    let share = taken as f64 / (rows * found.max(1)) as f64;
    println!("{what}: {asked} asked, {found} found, {share:.3} of {rows} events read");
    assert!(asked == 0 || found > 0, "{what}");
}

fn lines_of(story: &stories::Story) -> Vec<String> {
    let told = (story.tell)(3);
    let slots = 0..told.simulation.file_slots();
    slots
        .flat_map(|number| told.simulation.events(number))
        .map(|event| event.json)
        .collect()
}

#[test]
fn one_tree_of_each_story() {
    for story in stories::ALL {
        check(story.name, &lines_of(story), 11);
    }
}

#[test]
fn one_tree_of_made_up_records() {
    check("records", &records::all(), 3);
}

#[test]
fn one_tree_of_real_records() {
    let lines = shared::lines("data");
    check("real records", &lines, 3);
}

#[test]
fn one_tree_of_everything_at_once() {
    let mut lines = records::all();
    for story in stories::ALL {
        let first = (story.tell)(3).truth.first_event - 600;
        let told = (story.tell)(3);
        let of_story = (0..told.simulation.file_slots())
            .flat_map(|number| told.simulation.events(number))
            .filter(|event| event.time >= first);
        lines.extend(of_story.map(|event| event.json));
    }
    lines.extend(shared::lines("data"));
    check("everything", &lines, 23);
}
