//! The forest of some logs as an indented text, to look at with a cold eye.
//!
//! `cargo run -p keyline-lineage --example forest -- FILE-OR-FOLDER…`

#![allow(clippy::unwrap_used)]

use std::collections::HashSet;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use keyline_lineage::{Credential, Facts, Forest, Node, Production};
use keyline_trail::time::format_time;
use keyline_trail::{ReadOptions, Reader};

fn main() {
    let mut paths = Vec::new();
    for argument in std::env::args().skip(1) {
        find(Path::new(&argument), &mut paths);
    }
    let options = ReadOptions {
        projection: Facts::columns(),
        details: vec![Facts::detail()],
        ..ReadOptions::default()
    };
    let mut facts = Facts::default();
    let mut seen = HashSet::new();
    let mut reader = Reader::new(&options);
    let mut sink = |batch: keyline_trail::Batch| {
        // Duplicates are dropped before the facts.
        let keep: Vec<bool> = batch
            .identities
            .iter()
            .map(|identity| seen.insert(identity.event))
            .collect();
        let mut from = 0;
        for at in 0..=keep.len() {
            if at == keep.len() || !keep[at] {
                facts.observe(&batch.rows.slice(from, at - from));
                from = at + 1;
            }
        }
        ControlFlow::Continue(())
    };
    for path in &paths {
        reader.read(&std::fs::read(path).unwrap(), &mut sink);
    }
    let _ = reader.finish(&mut sink);
    let (forest, problems) = Forest::build(facts, &Production::default());
    for root in forest.roots() {
        show(&forest, root, 0);
    }
    for problem in problems.iter() {
        println!(
            "{} {}: {}",
            problem.kind.name(),
            problem.count,
            problem.example
        );
    }
    println!("{} credentials", forest.len());
}

fn show(forest: &Forest, node: Node, indent: usize) {
    let credential = forest.credential(node);
    println!("{}{}", "  ".repeat(indent), line(forest, node, &credential));
    for child in forest.children(node) {
        show(forest, *child, indent + 1);
    }
}

fn line(forest: &Forest, node: Node, c: &Credential) -> String {
    let mut line = format!("{} {}", c.id, c.kind.name());
    let mut add = |name: &str, value: &str| {
        if !value.is_empty() {
            line.push_str(&format!(" {name}={value}"));
        }
    };
    add("keys", &c.access_key_ids.join(","));
    add("minted", c.minted_key_id.as_deref().unwrap_or_default());
    add("principal", &c.principal_id);
    add("arn", &c.principal_arn);
    add("user", &c.user_name);
    add("role", c.role_arn.rsplit('/').next().unwrap_or_default());
    let time = |at: Option<i64>| at.map(format_time).unwrap_or_default();
    add("issued", &time(c.issued_at));
    add(
        "expires",
        &format!("{}({})", time(c.expires_at), c.expiry.name()),
    );
    add("api", &c.issuing_api);
    if let Some(origin) = &c.origin {
        add(origin.kind, &origin.id);
    }
    if let Some(mfa) = c.mfa_authenticated {
        add("mfa", &format!("{mfa} {}", c.mfa_serial));
    }
    if let Some(parent) = &c.parent {
        add(
            "by",
            &format!(
                "{} {} {:.2} {}",
                parent.rule.name(),
                parent.certainty.name(),
                parent.confidence,
                parent.candidates.len()
            ),
        );
    }
    add("why", c.parent_unknown_because.unwrap_or_default());
    if c.event_count > 0 {
        add(
            "events/errors",
            &format!("{}/{}", c.event_count, c.error_count),
        );
        add(
            "used",
            &format!("{}..{}", time(c.first_used), time(c.last_used)),
        );
    }
    if c.forwarded_count + c.forwarded_maybe_count > 0 {
        add(
            "forwarded",
            &format!("{}+{}?", c.forwarded_count, c.forwarded_maybe_count),
        );
    }
    let sources: Vec<&str> = c.sources.iter().map(|source| &*source.address).collect();
    add("from", &sources.join(","));
    for change in &c.changes {
        add(
            change.effect.name(),
            &format!("{} {}", time(Some(change.at)), change.by),
        );
    }
    if let Some(at) = forest.last_event() {
        let liveness = forest.liveness(node, at);
        add("state", liveness.state.name());
        if liveness.used_after_revocation {
            add("USED", "after revocation");
        }
    }
    line
}

fn find(path: &Path, found: &mut Vec<PathBuf>) {
    if !path.is_dir() {
        found.push(path.to_owned());
        return;
    }
    let mut inside: Vec<PathBuf> = std::fs::read_dir(path)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    inside.sort();
    for path in inside {
        find(&path, found);
    }
}
