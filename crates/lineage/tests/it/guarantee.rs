//! The guarantee: the same records give the same forest, byte for byte, in any order, split over any facts
//! that are merged in any order, delivered any number of times.

use std::collections::HashSet;
use std::sync::LazyLock;

use arrow_array::RecordBatch;
use keyline_lineage::{Facts, Forest, Production};
use keyline_simulate::stories;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::world::{batches, shown};
use crate::{records, shared};

/// Records of all stories and tests, and of whatever real data there is, one a line.
pub static LINES: LazyLock<Vec<String>> = LazyLock::new(|| {
    let mut lines: Vec<String> = records::all();
    for story in stories::ALL {
        let told = (story.tell)(3);
        let first = told.truth.first_event - 600;
        let of_story = (0..told.simulation.file_slots())
            .flat_map(|number| told.simulation.events(number))
            // Ordinary days before are much the same in all of them.
            .filter(|event| event.time >= first);
        lines.extend(of_story.map(|event| event.json));
    }
    lines.extend(shared::lines("data"));
    lines
});

/// What the records give in the order in which they stand.
static EXPECTED: LazyLock<String> = LazyLock::new(|| {
    let order: Vec<usize> = (0..LINES.len()).collect();
    build(&order, &[order.len()])
});

/// A forest of these lines in this order, cut at these places, as text.
fn build(order: &[usize], cuts: &[usize]) -> String {
    let mut seen = HashSet::new();
    let mut parts = Vec::new();
    let mut start = 0;
    for end in cuts.iter().copied().chain([order.len()]) {
        let end = end.clamp(start, order.len());
        let text: String = order[start..end]
            .iter()
            .map(|line| format!("{}\n", LINES[*line]))
            .collect();
        let mut facts = Facts::default();
        let read = batches(text.as_bytes(), &mut seen);
        for batch in pieces(read, parts.len() % 3 != 1) {
            facts.observe(&batch);
        }
        parts.push(facts);
        start = end;
    }
    // Merged as a tree whose shape depends on how many there are.
    while parts.len() > 1 {
        let last = parts.pop().unwrap();
        let at = parts.len() / 2;
        let other = parts.remove(at);
        parts.insert(0, other.merge(last));
    }
    let (forest, problems) = Forest::build(parts.pop().unwrap(), &Production::default());
    let problems: Vec<String> = problems
        .iter()
        .map(|problem| format!("{} {}", problem.kind.name(), problem.count))
        .collect();
    format!("{}{problems:?}", shown(&forest))
}

/// Batches as they were read, or cut into rows, by which rows come together nothing may change.
fn pieces(batches: Vec<RecordBatch>, whole: bool) -> Vec<RecordBatch> {
    match whole {
        true => batches,
        false => batches
            .iter()
            .flat_map(|batch| (0..batch.num_rows()).map(|row| batch.slice(row, 1)))
            .collect(),
    }
}

#[test]
fn golden_10_any_order_any_split_any_number_of_deliveries() {
    let count = LINES.len();
    assert!(count > 1000, "{count}");
    let mut runner = TestRunner::new(Config {
        cases: 6,
        failure_persistence: None,
        max_shrink_iters: 0,
        ..Config::default()
    });
    let strategy = (
        Just((0..count).collect::<Vec<usize>>()).prop_shuffle(),
        prop::collection::vec(0..count, 0..count / 4),
        prop::collection::vec(0..count, 0..6),
    );
    let result = runner.run(&strategy, |(mut order, again, mut cuts)| {
        // Some are delivered again, anywhere behind.
        order.extend(again);
        cuts.sort_unstable();
        let found = build(&order, &cuts);
        if found != *EXPECTED {
            let differs = found
                .lines()
                .zip(EXPECTED.lines())
                .find(|(found, expected)| found != expected);
            panic!("{differs:#?}");
        }
        Ok(())
    });
    result.unwrap();
}

#[test]
fn no_circle_and_no_child_older_than_its_parent() {
    let text: String = LINES.iter().map(|line| format!("{line}\n")).collect();
    let forest = crate::world::forest(&text);
    for node in forest.nodes() {
        let credential = forest.credential(node);
        let above = forest.ancestors(node);
        assert!(above.len() < forest.len());
        assert_eq!(above.len(), credential.depth as usize);
        let root = above.last().copied().unwrap_or(node);
        assert_eq!(forest.credential(root).id, credential.root);
        if let Some(parent) = above.first() {
            let parent = forest.credential(*parent);
            let order = (parent.issued_at, credential.issued_at);
            if let (Some(parent), Some(child)) = order {
                assert!(parent <= child, "{}", credential.id);
            }
        }
        for id in credential.aliases.iter().chain([&credential.id]) {
            assert_eq!(forest.by_id(id), Some(node));
        }
    }
}
