//! Records that cannot be true: whatever they say, there is a forest, without a circle and without a panic.

use keyline_lineage::Forest;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::records;
use crate::world::forest;

/// What takes the place of a value.
const VALUES: [&str; 12] = [
    "",
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59Z",
    "2026-10-14T09:01:00Z",
    "AKIAADA",
    "ASIATOKEN1",
    "AROAHOP:ada",
    "111122223333",
    "arn:aws:iam::111122223333:role/hop",
    "IAMUser",
    "AssumedRole",
    "Root",
];

/// Replaces the value after the n-th colon that a string follows.
fn damage(line: &str, place: usize, value: usize) -> String {
    let places: Vec<usize> = line.match_indices("\":\"").map(|(at, _)| at + 3).collect();
    let Some(start) = places.get(place % places.len().max(1)) else {
        return line.to_owned();
    };
    let end = line[*start..]
        .find('"')
        .map_or(line.len(), |end| start + end);
    format!(
        "{}{}{}",
        &line[..*start],
        VALUES[value % VALUES.len()],
        &line[end..]
    )
}

fn check(forest: &Forest) {
    for node in forest.nodes() {
        let above = forest.ancestors(node);
        assert!(above.len() < forest.len());
        let credential = forest.credential(node);
        if let Some(parent) = above.first() {
            let parent = forest.credential(*parent);
            assert!(
                parent.issued_at.is_none()
                    || credential.issued_at.is_none()
                    || parent.issued_at <= credential.issued_at
            );
        }
        for at in [i64::MIN, -1, 0, 1_791_968_400_000_000, i64::MAX] {
            forest.liveness(node, at);
        }
        assert!(forest.find(&credential.id).contains(&node));
    }
}

#[test]
fn whatever_records_say() {
    let lines = records::all();
    let mut runner = TestRunner::new(Config {
        cases: 150,
        failure_persistence: None,
        max_shrink_iters: 200,
        ..Config::default()
    });
    let damages = prop::collection::vec((0..lines.len(), 0usize..64, 0usize..64), 1..120);
    let result = runner.run(&damages, |damages| {
        let mut changed = lines.clone();
        for (line, place, value) in damages {
            changed[line] = damage(&changed[line], place, value);
        }
        check(&forest(changed.join("\n")));
        Ok(())
    });
    result.unwrap();
}
