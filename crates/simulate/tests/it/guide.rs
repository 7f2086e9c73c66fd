//! The guide lists every story and every habit, and each story has its prose.

use std::path::PathBuf;

use keyline_simulate::{behaviours, stories};

fn text(path: &str) -> String {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../");
    std::fs::read_to_string(PathBuf::from(root).join(path)).unwrap_or_default()
}

#[track_caller]
fn check(rows: impl Iterator<Item = String>) {
    let guide = text("docs/guide/simulate.md");
    let missing: Vec<String> = rows
        .filter(|row| !guide.lines().any(|line| line == row))
        .collect();
    assert!(
        missing.is_empty(),
        "docs/guide/simulate.md does not have:\n{}",
        missing.join("\n")
    );
}

#[test]
fn stories_are_listed() {
    check(
        stories::ALL
            .iter()
            .map(|story| format!("| `{}` | {} |", story.name, story.title)),
    );
}

#[test]
fn habits_are_listed() {
    check(behaviours::all().map(|habit| {
        let confuses = habit.confuses.join(" ");
        format!("| `{}` | {} | {confuses} |", habit.name, habit.what)
    }));
}

#[test]
fn stories_are_told_in_prose() {
    for story in stories::ALL {
        // The twin of the first story is told with it.
        let folder = story.name.replace("use-inside", "theft");
        let prose = text(&format!("scenarios/{folder}/story.md"));
        assert!(prose.contains(story.name), "{} is not told", story.name);
        assert!(prose.contains("## What must be found"), "{}", story.name);
    }
}
