//! The forest: all credentials, each below the one that minted it.
//!
//! In: linked credentials. Out: look-ups by id, and walks up and down; look-ups by whatever else an analyst
//! has in hand are in `find.rs`. Nodes are numbered in the order of the output: by time of issue (unknown first),
//! then id. A built forest keeps numbers in place of texts, and makes a [`Credential`] when it is asked for one.

use std::collections::{BTreeSet, HashMap};

use hashbrown::HashTable;
use keyline_trail::session::CredentialHash;

use crate::credential::{Credential, CredentialId, Kind};
use crate::entry::{Entry, NONE};
use crate::liveness::{Liveness, liveness};
use crate::strings::{Strings, Text};
use crate::timeline::Timelines;

/// A credential's place in its forest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Node(pub u32);

/// All credentials of some records.
#[derive(Clone, Debug, Default)]
pub struct Forest {
    pub(crate) store: Store,
    parents: Vec<u32>,
    /// The children of all nodes in one list, and where each node's begin.
    children: Vec<Node>,
    starts: Vec<u32>,
    last_event: Option<i64>,
}

/// Where the credentials are.
#[derive(Clone, Debug)]
pub(crate) enum Store {
    Whole(Vec<Credential>, HashMap<String, Node>),
    Linked(Box<Linked>, HashTable<(CredentialHash, u32)>),
}

/// Credentials as they were built.
#[derive(Clone, Debug)]
pub(crate) struct Linked {
    pub strings: Strings,
    pub entries: Vec<Entry>,
    pub keys: Vec<Text>,
    pub events: Vec<Text>,
    pub aliases: Vec<CredentialHash>,
    pub timelines: Timelines,
}

impl Default for Store {
    fn default() -> Self {
        Store::Whole(Vec::new(), HashMap::new())
    }
}

impl PartialEq for Forest {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len()
            && self.last_event == other.last_event
            && self
                .nodes()
                .all(|node| self.credential(node) == other.credential(node))
    }
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
        let parents = credentials
            .iter()
            .map(|credential| {
                let parent = credential.parent.as_ref();
                let node = parent.and_then(|parent| by_id.get(&parent.id));
                node.map_or(NONE, |node| node.0)
            })
            .collect();
        for (place, credential) in credentials.iter().enumerate() {
            for alias in &credential.aliases {
                by_id.entry(alias.clone()).or_insert(Node(place as u32));
            }
        }
        Forest::of(Store::Whole(credentials, by_id), parents, last_event)
    }

    /// `ids` has the nodes by their own hashes.
    pub(crate) fn from_linked(
        linked: Linked,
        mut ids: HashTable<(CredentialHash, u32)>,
        last_event: Option<i64>,
    ) -> Forest {
        let parents = linked
            .entries
            .iter()
            .map(|entry| entry.link.as_ref().map_or(NONE, |link| link.parent))
            .collect();
        let place = |known: &(CredentialHash, u32)| place_of(&known.0);
        ids.reserve(linked.aliases.len(), place);
        for (node, entry) in linked.entries.iter().enumerate() {
            for hash in entry.aliases.of(&linked.aliases) {
                ids.insert_unique(place_of(hash), (*hash, node as u32), place);
            }
        }
        Forest::of(Store::Linked(Box::new(linked), ids), parents, last_event)
    }

    fn of(store: Store, parents: Vec<u32>, last_event: Option<i64>) -> Forest {
        let count = parents.len();
        let mut starts = vec![0u32; count + 1];
        for parent in parents.iter().filter(|parent| **parent != NONE) {
            starts[*parent as usize + 1] += 1;
        }
        for at in 0..count {
            starts[at + 1] += starts[at];
        }
        let mut next = starts.clone();
        let mut children = vec![Node(0); starts[count] as usize];
        for (node, parent) in parents.iter().enumerate() {
            if *parent != NONE {
                let place = &mut next[*parent as usize];
                children[*place as usize] = Node(node as u32);
                *place += 1;
            }
        }
        Forest {
            store,
            parents,
            children,
            starts,
            last_event,
        }
    }

    pub fn len(&self) -> usize {
        self.parents.len()
    }

    pub fn is_empty(&self) -> bool {
        self.parents.is_empty()
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
        match &self.store {
            Store::Whole(credentials, _) => credentials[node.0 as usize].clone(),
            Store::Linked(linked, _) => linked.credential(node, self.children(node)),
        }
    }

    /// A credential without its list of children, which may be a hundred thousand.
    pub fn alone(&self, node: Node) -> Credential {
        match &self.store {
            Store::Whole(credentials, _) => {
                let children = Vec::new();
                let whole = credentials[node.0 as usize].clone();
                Credential { children, ..whole }
            }
            Store::Linked(linked, _) => linked.credential(node, &[]),
        }
    }

    /// A credential's id.
    pub fn id(&self, node: Node) -> CredentialId {
        let at = node.0 as usize;
        match &self.store {
            Store::Whole(credentials, _) => credentials[at].id.clone(),
            Store::Linked(linked, _) => linked.entries[at].hash.to_string(),
        }
    }

    /// What a credential is.
    pub fn kind(&self, node: Node) -> Kind {
        let at = node.0 as usize;
        match &self.store {
            Store::Whole(credentials, _) => credentials[at].kind,
            Store::Linked(linked, _) => linked.entries[at].kind,
        }
    }

    /// The first sign of a credential: its issue, else its first use.
    pub fn known_from(&self, node: Node) -> Option<i64> {
        let at = node.0 as usize;
        match &self.store {
            Store::Whole(credentials, _) => {
                let credential = &credentials[at];
                credential.issued_at.or(credential.first_used)
            }
            Store::Linked(linked, _) => linked.known_from(node),
        }
    }

    /// What is true of a credential at an instant.
    pub fn liveness(&self, node: Node, at: i64) -> Liveness {
        liveness(&self.alone(node), at)
    }

    /// The node of an id or an alias.
    pub fn by_id(&self, id: &str) -> Option<Node> {
        match &self.store {
            Store::Whole(_, ids) => ids.get(id).copied(),
            Store::Linked(_, ids) => {
                let hash = CredentialHash::of_id(id)?;
                let found = ids.find(place_of(&hash), |(known, _)| *known == hash);
                found.map(|(_, node)| Node(*node))
            }
        }
    }

    pub fn parent(&self, node: Node) -> Option<Node> {
        let parent = self.parents[node.0 as usize];
        (parent != NONE).then_some(Node(parent))
    }

    pub fn children(&self, node: Node) -> &[Node] {
        let at = node.0 as usize;
        &self.children[self.starts[at] as usize..self.starts[at + 1] as usize]
    }

    /// The chain to the root, nearest first, without the node itself.
    pub fn ancestors(&self, node: Node) -> Vec<Node> {
        std::iter::successors(self.parent(node), |above| self.parent(*above)).collect()
    }

    /// The end of that chain; the node itself where it has no parent.
    pub fn root(&self, node: Node) -> Node {
        let above = std::iter::successors(Some(node), |above| self.parent(*above));
        above.last().unwrap_or(node)
    }

    /// The chains to the root of several nodes, each node once, themselves not among them unless one stands above
    /// another.
    pub fn above(&self, nodes: &[Node]) -> BTreeSet<Node> {
        let mut found = BTreeSet::new();
        for node in nodes {
            let mut next = self.parent(*node);
            while let Some(above) = next.filter(|above| found.insert(*above)) {
                next = self.parent(above);
            }
        }
        found
    }

    /// Everything below several nodes, each node once, themselves not among them unless one stands below another.
    /// What one of several may have minted stands below each of them: whoever asks for one must not miss it.
    pub fn below(&self, nodes: &[Node]) -> BTreeSet<Node> {
        let perhaps = self.perhaps_minted();
        let mut found = BTreeSet::new();
        let mut waiting: Vec<Node> = nodes.to_vec();
        while let Some(node) = waiting.pop() {
            let perhaps = perhaps.get(&node).into_iter().flatten();
            let children = self.children(node).iter().chain(perhaps);
            waiting.extend(children.filter(|child| found.insert(**child)));
        }
        found
    }

    /// By each candidate, the credentials that it may have minted and under which another one stands as the parent.
    fn perhaps_minted(&self) -> HashMap<Node, Vec<Node>> {
        let mut minted: HashMap<Node, Vec<Node>> = HashMap::new();
        for node in self.nodes() {
            let at = node.0 as usize;
            let candidates: Vec<Node> = match &self.store {
                Store::Whole(credentials, _) => {
                    let parent = credentials[at].parent.iter();
                    let candidates = parent.flat_map(|parent| &parent.candidates);
                    candidates
                        .filter_map(|it| self.by_id(&it.id.to_string()))
                        .collect()
                }
                Store::Linked(linked, _) => {
                    let link = linked.entries[at].link.iter();
                    link.flat_map(|link| &link.candidates)
                        .map(|it| Node(it.0))
                        .collect()
                }
            };
            for candidate in candidates {
                if self.parent(node) != Some(candidate) {
                    minted.entry(candidate).or_default().push(node);
                }
            }
        }
        minted
    }

    /// The forest cut down to some credentials, to what these came from and to what they minted, in this alone: what
    /// they came from no longer shows as its children what is beside the line to them, save for what was minted in
    /// the same second as one on it. All nodes stay where they are.
    pub fn about(mut self, nodes: &[Node]) -> Forest {
        let below = self.below(nodes);
        // Of what one of them may have minted, another one's line is shown as well.
        let line: Vec<Node> = nodes.iter().chain(&below).copied().collect();
        let above = self.above(&line);
        let is_below = |node: &Node| below.contains(node) || nodes.contains(node);
        let mut children = Vec::with_capacity(self.children.len());
        let mut starts = vec![0u32; self.starts.len()];
        for node in self.nodes() {
            let all = self.children(node);
            if !above.contains(&node) || is_below(&node) {
                children.extend_from_slice(all);
            } else {
                let on_line = |child: &&Node| is_below(child) || above.contains(child);
                let seconds: BTreeSet<i64> = all
                    .iter()
                    .filter(on_line)
                    .filter_map(|child| self.second_of_minting(*child))
                    .collect();
                let beside = |child: &Node| {
                    let second = self.second_of_minting(*child);
                    self.has_minted_key(*child)
                        && second.is_some_and(|second| seconds.contains(&second))
                };
                let kept = all.iter().filter(|child| on_line(child) || beside(child));
                children.extend(kept.copied());
            }
            starts[node.0 as usize + 1] = children.len() as u32;
        }
        (self.children, self.starts) = (children, starts);
        if let Store::Whole(credentials, _) = &mut self.store {
            let ids: Vec<CredentialId> = credentials.iter().map(|it| it.id.clone()).collect();
            for node in above {
                let at = node.0 as usize;
                let span = self.starts[at] as usize..self.starts[at + 1] as usize;
                let kept = self.children[span].iter();
                credentials[at].children =
                    kept.map(|child| ids[child.0 as usize].clone()).collect();
            }
        }
        self
    }

    fn second_of_minting(&self, node: Node) -> Option<i64> {
        let at = node.0 as usize;
        let issued = match &self.store {
            Store::Whole(credentials, _) => credentials[at].issued_at,
            Store::Linked(linked, _) => {
                let issued = linked.entries[at].issued;
                (issued != crate::usage::NEVER).then_some(issued)
            }
        };
        issued.map(|issued| issued.div_euclid(1_000_000))
    }

    fn has_minted_key(&self, node: Node) -> bool {
        let at = node.0 as usize;
        match &self.store {
            Store::Whole(credentials, _) => credentials[at].minted_key_id.is_some(),
            Store::Linked(linked, _) => !linked.entries[at].minted_key.is_empty(),
        }
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

/// A hash needs no hashing.
pub(crate) fn place_of(hash: &CredentialHash) -> u64 {
    let mut first = [0; 8];
    first.copy_from_slice(&hash.0[..8]);
    u64::from_le_bytes(first)
}
