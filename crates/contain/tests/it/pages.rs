//! A page for each action, made of the first lines of its file and of its data: `docs/actions`.
//!
//! The pages are compared with what stands there; `KEYLINE_WRITE_GUIDE=1` writes them.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use keyline_contain::Phase;
use keyline_contain::action::{ALL, Action, Execution, Responder};
use keyline_contain::permissions::RESPONDERS;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/actions")
}

fn source(action: &Action) -> String {
    let name = action.name.replace('-', "_");
    let path = format!("{}/src/action/{name}.rs", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// What the file says of its action, without the marks of a comment.
fn said(action: &Action) -> Vec<String> {
    let source = source(action);
    let lines = source.lines().take_while(|line| line.starts_with("//!"));
    lines
        .map(|line| line.trim_start_matches("//!").trim_start().to_owned())
        .collect()
}

fn title(action: &Action) -> String {
    said(action)[0].trim_end_matches('.').to_owned()
}

fn role(responder: Responder) -> &'static str {
    let mut known = RESPONDERS.iter();
    known.find(|(_, known)| *known == responder).unwrap().0
}

fn taken_by(action: &Action) -> &'static str {
    match action.execution {
        Execution::Program => "the program, once the plan is approved",
        Execution::Person => "a person; the plan gives the commands",
    }
}

fn page(action: &Action) -> String {
    let mut out = format!("# {}\n", title(action));
    for line in &said(action)[1..] {
        match line.strip_prefix("# ") {
            Some(heading) => writeln!(out, "## {heading}").unwrap(),
            None => writeln!(out, "{line}").unwrap(),
        }
    }
    let requires = action.permissions();
    let requires: Vec<String> = requires.iter().map(|it| format!("`{it}`")).collect();
    writeln!(
        out,
        "\n## In a plan\n\n| | |\n|---|---|\n| name | `{}` |\n| phase | {} |\n| taken by | {} |\n\
         | role of the responder | {} |\n| for | {} |\n| permissions | {} |\n| before | {} |\n| after | {} |\n\
         | back | {} |",
        action.name,
        action.phase.name(),
        taken_by(action),
        role(action.responder),
        action.applies_to,
        requires.join(", "),
        action.precheck,
        action.verify,
        action.undo
    )
    .unwrap();
    out
}

fn index() -> String {
    let mut out = String::from(
        "# Actions\n\nWhat a containment plan is made of, in the order of its phases. Each page is made of the \
         first lines of the action's file in `crates/contain/src/action`.\n",
    );
    for phase in Phase::ALL {
        let of_phase: Vec<_> = ALL.iter().filter(|action| action.phase == *phase).collect();
        if of_phase.is_empty() {
            continue;
        }
        writeln!(
            out,
            "\n## {}\n\n| action | taken by |\n|---|---|",
            phase.name()
        )
        .unwrap();
        for action in of_phase {
            let by = match action.execution {
                Execution::Program => "the program",
                Execution::Person => "a person",
            };
            writeln!(out, "| [{}]({}.md) | {by} |", title(action), action.name).unwrap();
        }
    }
    out
}

#[test]
fn every_action_has_its_page() {
    let mut pages: Vec<(String, String)> = ALL
        .iter()
        .map(|action| (format!("{}.md", action.name), page(action)))
        .collect();
    pages.push(("README.md".to_owned(), index()));
    let write = std::env::var_os("KEYLINE_WRITE_GUIDE").is_some();
    for (name, page) in &pages {
        let path = folder().join(name);
        if write {
            std::fs::write(&path, page).unwrap();
        }
        let shown = std::fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(
            &shown, page,
            "docs/actions/{name} is not what the action's file says: KEYLINE_WRITE_GUIDE=1 writes it"
        );
    }
    let known: BTreeSet<&String> = pages.iter().map(|(name, _)| name).collect();
    for entry in std::fs::read_dir(folder()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(known.contains(&name), "docs/actions/{name} is of no action");
    }
}

#[test]
fn every_action_says_what_it_does_in_the_same_words() {
    let headings = [
        "# What it does",
        "# What it stops",
        "# What it breaks",
        "# What it leaves alive",
        "# How it is undone",
        "# AWS calls and permissions",
    ];
    for action in ALL {
        let said = said(action);
        let found: Vec<&str> = said
            .iter()
            .map(String::as_str)
            .filter(|line| line.starts_with("# "))
            .collect();
        assert_eq!(found, headings, "{}", action.name);
        assert!(source(action).contains(&format!("name: \"{}\"", action.name)));
    }
}
