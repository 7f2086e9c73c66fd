//! What an alert says of the family of its credentials: the root, the siblings, who of the tree still works,
//! and what to run next.
//!
//! In: the credentials of an alert, the forest, the instant at which the question is asked. Out: a paragraph
//! that follows the rule's own text. A rule sees rows and cannot know the tree; whoever reads an alert about one
//! session has to know at once that there are others. Deliberately not here: the tree itself (`keyline
//! lineage` draws it).

use std::collections::{BTreeSet, HashMap};

use crate::limits::{FAMILY_NAMED_MAX, TREE_NODES_JUDGED_MAX};
use crate::row::time;
use keyline_lineage::liveness::liveness;
use keyline_lineage::{Credential, Forest, Kind, Node};

const TICKS_PER_MICROSECOND: i64 = 10;

/// Families by root, each judged once: alerts of one intrusion share theirs.
pub struct Families<'a> {
    forest: &'a Forest,
    /// Microseconds since 1970.
    as_of: i64,
    trees: HashMap<Node, Tree>,
}

/// How a whole tree stands.
#[derive(Clone, Default)]
pub struct Tree {
    /// Credentials of the tree that can be used, and how many of them work, or may.
    pub usable: usize,
    pub alive: usize,
    /// The first that work, as an alert names them.
    named: Vec<String>,
}

impl<'a> Families<'a> {
    pub fn new(forest: &'a Forest, as_of: i64) -> Families<'a> {
        Families {
            forest,
            as_of,
            trees: HashMap::new(),
        }
    }

    /// The paragraph about the credentials of an alert; empty where none is known.
    pub fn paragraph(&mut self, nodes: &[Node], root: Option<Node>) -> String {
        let Some(root) = root else {
            return String::new();
        };
        let forest = self.forest;
        let (top, tree) = (forest.alone(root), self.tree(root));
        let root_name = name(&top);
        let mut text = format!("Root: {}.", described(&top, &root_name));
        if let Some(siblings) = self.siblings(nodes) {
            text.push_str(&format!(" Siblings: {siblings}."));
        }
        let when = time(self.as_of.saturating_mul(TICKS_PER_MICROSECOND));
        text.push_str(&match (tree.usable, tree.alive) {
            (_, 0) => format!(" Nothing of its tree is known to work at {when}."),
            (1, _) => format!(" It is the only credential of its tree and works at {when}."),
            (usable, alive) => format!(
                " Of its tree {alive} of {usable} work at {when}: {}.",
                listed(&tree.named, alive)
            ),
        });
        text.push_str(&format!(
            " Run: keyline lineage {root_name} --alive; keyline contain plan {root_name}"
        ));
        text
    }

    pub fn tree(&mut self, root: Node) -> Tree {
        let (forest, as_of) = (self.forest, self.as_of);
        let judged = || {
            let mut tree = Tree::default();
            let nodes = std::iter::once(root).chain(forest.descendants(root));
            for node in nodes.take(TREE_NODES_JUDGED_MAX) {
                let credential = forest.alone(node);
                if !credential.kind.is_usable() {
                    continue;
                }
                tree.usable += 1;
                if liveness(&credential, as_of).state.is_alive() {
                    tree.alive += 1;
                    if tree.named.len() < FAMILY_NAMED_MAX {
                        tree.named.push(name(&credential));
                    }
                }
            }
            tree
        };
        self.trees.entry(root).or_insert_with(judged).clone()
    }

    /// What the parents of these minted beside them; a service's other sessions are nobody's siblings.
    fn siblings(&self, nodes: &[Node]) -> Option<String> {
        let forest = self.forest;
        let own: BTreeSet<Node> = nodes.iter().copied().collect();
        let parents: BTreeSet<Node> = nodes
            .iter()
            .filter_map(|node| forest.parent(*node))
            .filter(|parent| forest.kind(*parent) != Kind::Service)
            .collect();
        let mut alive = Vec::new();
        let (mut all, mut dead) = (0, 0);
        let children = parents.iter().flat_map(|parent| forest.children(*parent));
        for node in children
            .filter(|node| !own.contains(node))
            .take(TREE_NODES_JUDGED_MAX)
        {
            let credential = forest.alone(*node);
            if !credential.kind.is_usable() {
                continue;
            }
            all += 1;
            match liveness(&credential, self.as_of).state {
                state if state.is_alive() => alive.push(name(&credential)),
                _ => dead += 1,
            }
        }
        let number = alive.len();
        alive.truncate(FAMILY_NAMED_MAX);
        match (all, number) {
            (0, _) => None,
            (1, 0) => Some("one, which no longer works".to_owned()),
            (_, 0) => Some(format!("{dead}, none of which works")),
            _ if dead == 0 => Some(format!("{}, all alive", listed(&alive, number))),
            _ => Some(format!(
                "{} alive, {dead} no longer",
                listed(&alive, number)
            )),
        }
    }
}

/// What people call a credential: its key id, else what it comes from, else its principal.
pub fn name(credential: &Credential) -> String {
    let key = credential.minted_key_id.as_ref();
    let key = key.or(credential.access_key_ids.first());
    let origin = credential.origin.as_ref().map(|origin| &origin.id);
    [
        key,
        origin,
        Some(&credential.principal_arn),
        Some(&credential.principal_id),
    ]
    .into_iter()
    .flatten()
    .find(|name| !name.is_empty())
    .unwrap_or(&credential.id)
    .clone()
}

/// `AKIA… (access-key of arn:…)`.
fn described(credential: &Credential, name: &str) -> String {
    let kind = credential.kind.name();
    match credential.principal_arn.as_str() {
        arn if arn.is_empty() || arn == name => format!("{name} ({kind})"),
        arn => format!("{name} ({kind} of {arn})"),
    }
}

/// `a, b and 3 more`.
fn listed(names: &[String], all: usize) -> String {
    match all - names.len() {
        0 => names.join(", "),
        more => format!("{} and {more} more", names.join(", ")),
    }
}
