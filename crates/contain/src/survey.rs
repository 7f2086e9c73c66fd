//! What is alive at the instant of the plan, and under whom.
//!
//! In: a forest and an instant. Out: owner, subject and life of every credential, and the living ones by
//! owner, because a control is laid on an owner and hits all that it has.

use std::collections::BTreeMap;

use keyline_lineage::{Credential, Forest, Kind, Node, liveness};

use crate::owner::{Owner, owner};

/// All credentials, as of one instant.
pub struct Survey<'a> {
    pub forest: &'a Forest,
    pub as_of: i64,
    owners: Vec<Owner>,
    alive: Vec<bool>,
    /// Usable credentials that work at the instant, by owner, in the forest's order.
    living: BTreeMap<Owner, Vec<Node>>,
}

impl<'a> Survey<'a> {
    pub fn of(forest: &'a Forest, as_of: i64) -> Survey<'a> {
        let mut survey = Survey {
            forest,
            as_of,
            owners: Vec::with_capacity(forest.len()),
            alive: Vec::with_capacity(forest.len()),
            living: BTreeMap::new(),
        };
        for node in forest.nodes() {
            let credential = forest.credential(node);
            let owner = owner(forest, node, &credential);
            let alive = liveness(&credential, as_of).state.is_alive();
            if alive && credential.kind.is_usable() {
                survey.living.entry(owner.clone()).or_default().push(node);
            }
            survey.owners.push(owner);
            survey.alive.push(alive);
        }
        survey
    }

    pub fn owner(&self, node: Node) -> &Owner {
        &self.owners[node.0 as usize]
    }

    /// Whether it works, or may.
    pub fn alive(&self, node: Node) -> bool {
        self.alive[node.0 as usize]
    }

    /// The usable living credentials of an owner.
    pub fn living(&self, owner: &Owner) -> &[Node] {
        self.living.get(owner).map_or(&[], Vec::as_slice)
    }

    /// The workload that a session was issued to: its sort and its id or ARN.
    pub fn origin(&self, node: Node, credential: &Credential) -> Option<(String, String)> {
        if let Some(origin) = &credential.origin {
            return Some((origin.kind.to_owned(), origin.id.clone()));
        }
        let maker = self.forest.alone(self.forest.parent(node)?);
        let origin = maker.origin.filter(|_| maker.kind == Kind::Workload)?;
        Some((origin.kind.to_owned(), origin.id))
    }
}
