//! A forest as an indented text without ids: what a test says about it.
//!
//! A line is kind, name, `<` how it is linked, how long it lives, `×` calls, why no parent is known, changes.

use keyline_lineage::{Certainty, Credential, Expiry, Forest, Node};

use crate::world::forest;

/// Reads records and compares the whole forest.
pub fn check(records: &[String], expected: &str) {
    let forest = forest(records.join("\n"));
    let expected = expected.trim_matches('\n');
    let indent = expected.len() - expected.trim_start().len();
    let expected: Vec<&str> = expected
        .lines()
        .map(|line| line.get(indent..).unwrap_or_default().trim_end())
        .filter(|line| !line.is_empty())
        .collect();
    let found = tree(&forest);
    assert_eq!(found.trim_end(), expected.join("\n"), "\n{found}");
}

pub fn tree(forest: &Forest) -> String {
    let mut roots: Vec<(String, Node)> = forest
        .roots()
        .map(|node| (line(&forest.credential(node)), node))
        .collect();
    roots.sort();
    let mut out = String::new();
    for (_, root) in roots {
        add(forest, root, 0, &mut out);
    }
    out
}

fn add(forest: &Forest, node: Node, depth: usize, out: &mut String) {
    let line = line(&forest.credential(node));
    out.push_str(&format!("{}{line}\n", "  ".repeat(depth)));
    for child in forest.children(node) {
        add(forest, *child, depth + 1, out);
    }
}

fn line(credential: &Credential) -> String {
    let mut line = format!("{} {}", credential.kind.name(), name(credential));
    if let Some(parent) = &credential.parent {
        line.push_str(&format!(" < {}", parent.rule.name()));
        if parent.certainty != Certainty::Exact {
            line.push_str(&format!(
                " {} {:.3}",
                parent.certainty.name(),
                parent.confidence
            ));
        }
        if !parent.candidates.is_empty() {
            line.push_str(&format!(" of {}", parent.candidates.len()));
        }
    }
    if let (Some(from), Some(until)) = (credential.issued_at, credential.expires_at) {
        let minutes = (until - from) / 60_000_000;
        let most = if credential.expiry == Expiry::Bounded {
            "≤"
        } else {
            ""
        };
        line.push_str(&format!(" {most}{minutes}m"));
    }
    if credential.event_count > 0 {
        line.push_str(&format!(" ×{}", credential.event_count));
    }
    if credential.forwarded_count > 0 {
        line.push_str(&format!(" forwarded {}", credential.forwarded_count));
    }
    if credential.forwarded_maybe_count > 0 {
        line.push_str(&format!(" forwarded? {}", credential.forwarded_maybe_count));
    }
    if let Some(why) = credential.parent_unknown_because {
        let why = why.strip_prefix("mint_not_observed: ").unwrap_or(why);
        line.push_str(&format!(" ({why})"));
    }
    for change in &credential.changes {
        line.push_str(&format!(" {} by {}", change.effect.name(), change.by));
    }
    line
}

fn name(credential: &Credential) -> String {
    match () {
        _ if !credential.access_key_ids.is_empty() => credential.access_key_ids.join("+"),
        _ if !credential.mfa_serial.is_empty() && credential.principal_id.is_empty() => {
            credential.mfa_serial.clone()
        }
        _ if !credential.principal_id.is_empty() => credential.principal_id.clone(),
        _ if !credential.principal_arn.is_empty() => credential.principal_arn.clone(),
        _ if !credential.role_arn.is_empty() => credential.role_arn.clone(),
        _ => credential.user_name.clone(),
    }
}
