//! The forest: all credentials, each below the one that minted it.
//!
//! In: credentials whose parents are known. Out: look-ups by whatever an analyst has in hand, and walks
//! up and down. Nodes are numbered in the order of the output: by time of issue (unknown first), then id.

use std::collections::HashMap;

use crate::credential::Credential;

/// A credential's place in its forest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Node(pub u32);

/// All credentials of some records.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Forest {
    credentials: Vec<Credential>,
    by_id: HashMap<String, Node>,
    children: Vec<Vec<Node>>,
    last_event: Option<i64>,
}

impl Forest {
    /// A forest of credentials that are linked already; `last_event` is the time of the last event of the
    /// data.
    pub fn from_credentials(mut credentials: Vec<Credential>, last_event: Option<i64>) -> Forest {
        credentials.sort_by(|a, b| (a.issued_at, &a.id).cmp(&(b.issued_at, &b.id)));
        let mut by_id = HashMap::new();
        for (place, credential) in credentials.iter().enumerate() {
            by_id.insert(credential.id.clone(), Node(place as u32));
        }
        let mut children = vec![Vec::new(); credentials.len()];
        for (place, credential) in credentials.iter().enumerate() {
            let parent = credential
                .parent
                .as_ref()
                .and_then(|parent| by_id.get(&parent.id));
            if let Some(parent) = parent {
                children[parent.0 as usize].push(Node(place as u32));
            }
        }
        for (place, credential) in credentials.iter().enumerate() {
            for alias in &credential.aliases {
                by_id.entry(alias.clone()).or_insert(Node(place as u32));
            }
        }
        Forest {
            credentials,
            by_id,
            children,
            last_event,
        }
    }

    pub fn len(&self) -> usize {
        self.credentials.len()
    }

    pub fn is_empty(&self) -> bool {
        self.credentials.is_empty()
    }

    /// The time of the last event of the data: the instant to judge liveness at, when none is given.
    pub fn last_event(&self) -> Option<i64> {
        self.last_event
    }

    /// Every node in order.
    pub fn nodes(&self) -> impl Iterator<Item = Node> {
        (0..self.len() as u32).map(Node)
    }

    /// The nodes without a parent, in order.
    pub fn roots(&self) -> impl Iterator<Item = Node> {
        self.nodes().filter(|node| self.parent(*node).is_none())
    }

    /// A credential with everything that is known about it.
    pub fn credential(&self, node: Node) -> Credential {
        self.credentials[node.0 as usize].clone()
    }

    /// The node of an id or an alias.
    pub fn by_id(&self, id: &str) -> Option<Node> {
        self.by_id.get(id).copied()
    }

    pub fn parent(&self, node: Node) -> Option<Node> {
        let parent = self.credentials[node.0 as usize].parent.as_ref()?;
        self.by_id(&parent.id)
    }

    pub fn children(&self, node: Node) -> &[Node] {
        &self.children[node.0 as usize]
    }

    /// The chain to the root, nearest first, without the node itself.
    pub fn ancestors(&self, node: Node) -> Vec<Node> {
        std::iter::successors(self.parent(node), |above| self.parent(*above)).collect()
    }

    /// Everything below, parents before children, without the node itself.
    pub fn descendants(&self, node: Node) -> Vec<Node> {
        let mut found = Vec::new();
        let mut waiting: Vec<Node> = self.children(node).iter().rev().copied().collect();
        while let Some(next) = waiting.pop() {
            found.push(next);
            waiting.extend(self.children(next).iter().rev());
        }
        found
    }
}
