//! What bears on the tree of one credential.
//!
//! In: a linked forest and what an analyst has in hand. Out: the names under which events know the credentials of
//! its tree, and those of every other credential that had a part in how the tree was linked: what the tree came
//! from, who else might have been a parent, who shares a principal, who changed something. If events with these
//! names are all in the facts, no further event changes the tree.

use std::collections::{HashMap, HashSet};

use keyline_trail::session::{CredentialHash, credential_hash};

use crate::about::Reach;
use crate::around::{Around, Names};
use crate::build::{Build, SECOND, known, session_evidence};
use crate::credential::Kind;
use crate::deed::Caller;
use crate::entry::NONE;
use crate::limits::PORTAL_S;
use crate::mint::{Field, From};
use crate::sighting::KeyMark;
use crate::strings::Text;
use crate::timeline::Timelines;
use crate::usage::NEVER;

/// Credentials that bear on a tree, and names.
#[derive(Default)]
struct Found {
    seen: HashSet<u32>,
    waiting: Vec<u32>,
    around: Around,
    principals: HashSet<Text>,
}

impl Found {
    fn add(&mut self, node: u32) {
        if node != NONE && self.seen.insert(node) {
            self.waiting.push(node);
        }
    }
}

impl Build {
    /// Nothing where the text names no credential, or one of which events do not say what it minted.
    pub(super) fn reach(&self, text: &str, timelines: &Timelines) -> Option<Reach> {
        let named = self.named_by(text);
        // What these minted shows none of their names.
        let is_nobody = |node: &u32| {
            matches!(
                self.entries[*node as usize].kind,
                Kind::Service | Kind::Workload | Kind::FederatedIdentity
            )
        };
        if named.is_empty() || named.iter().any(is_nobody) {
            return None;
        }
        let mut children: HashMap<u32, Vec<u32>> = HashMap::new();
        for (node, entry) in self.entries.iter().enumerate() {
            if let Some(link) = &entry.link {
                let perhaps = link.candidates.iter().map(|(candidate, _)| *candidate);
                let perhaps = perhaps.filter(|candidate| *candidate != link.parent);
                for parent in std::iter::once(link.parent).chain(perhaps) {
                    children.entry(parent).or_default().push(node as u32);
                }
            }
        }
        let of = |node: u32| children.get(&node).map_or(&[][..], |list| list);
        let mut found = Found::default();
        let mut below: HashSet<u32> = named.iter().copied().collect();
        let mut waiting = named.clone();
        while let Some(node) = waiting.pop() {
            waiting.extend(of(node).iter().filter(|child| below.insert(**child)));
        }
        let mut line = below.clone();
        for node in &below {
            let mut node = *node;
            while let Some(link) = &self.entries[node as usize].link {
                if !line.insert(link.parent) {
                    break;
                }
                node = link.parent;
            }
        }
        let callers = self.callers_of_events();
        for node in &line {
            found.add(*node);
            self.add_siblings(of(*node), &line, &mut found);
            self.add_changers(*node, timelines, &callers, &mut found);
        }
        while let Some(node) = found.waiting.pop() {
            self.add_around(node, &mut found);
        }
        self.add_forwarded(&mut found);
        self.add_handed_out(&below, &mut found);
        let mut tree = Names::default();
        for node in &below {
            self.each_key(*node, |key| {
                tree.add(self.text(key));
            });
        }
        Some(Reach {
            around: found.around,
            tree,
        })
    }

    /// The credentials of a key or of an id; of an id also those that may turn out to have it.
    fn named_by(&self, text: &str) -> Vec<u32> {
        let nodes = 0..self.entries.len() as u32;
        if let Some(id) = CredentialHash::of_id(text) {
            return nodes.filter(|node| self.may_have(*node, id)).collect();
        }
        let Some(key) = self.strings.find(text) else {
            return Vec::new();
        };
        let has = |node: &u32| {
            let mut is_one = false;
            self.each_key(*node, |other| is_one |= other == key);
            is_one
        };
        nodes.filter(has).collect()
    }

    fn may_have(&self, node: u32, id: CredentialHash) -> bool {
        let entry = &self.entries[node as usize];
        let mut has = entry.hash == id;
        self.each_key(node, |key| has |= credential_hash(self.text(key)) == id);
        let session = |account: Text, principal: Text, at: i64| {
            let evidence = session_evidence(self.text(account), self.text(principal), at);
            !principal.is_empty() && at != NEVER && credential_hash(&evidence) == id
        };
        has || session(entry.account, entry.principal, entry.issued)
            || self.sightings_of.of(node).iter().any(|place| {
                let who = &self.sightings[*place as usize].who;
                session(who.account, who.principal, who.created)
            })
    }

    fn each_key(&self, node: u32, mut with: impl FnMut(Text)) {
        let minted = self.entries[node as usize].minted_key;
        let named = self.named_keys.get(&node).copied();
        let from = self.more_keys.partition_point(|(of, _)| *of < node);
        let more = self.more_keys[from..].iter();
        let more = more.take_while(|(of, _)| *of == node).map(|(_, key)| *key);
        for key in std::iter::once(minted).chain(named).chain(more) {
            with(key);
        }
        for place in self.sightings_of.of(node) {
            with(self.sightings[*place as usize].who.key);
        }
    }

    /// What was minted in the same second as a credential of the tree, which may be the one that was left aside.
    fn add_siblings(&self, children: &[u32], line: &HashSet<u32>, found: &mut Found) {
        let second = |node: &u32| self.entries[*node as usize].issued.div_euclid(SECOND);
        let seconds: HashSet<i64> = children
            .iter()
            .filter(|child| line.contains(child))
            .map(second)
            .collect();
        for child in children {
            let is_minted = !self.entries[*child as usize].minted_key.is_empty();
            if is_minted && seconds.contains(&second(child)) {
                found.add(*child);
            }
        }
    }

    /// Who made the changing events, by event.
    fn callers_of_events(&self) -> HashMap<Text, Vec<Caller>> {
        let mut callers: HashMap<Text, Vec<Caller>> = HashMap::new();
        for changed in &self.changes {
            let list = callers.entry(changed.event).or_default();
            list.push(changed.caller);
        }
        for minted in &self.mints {
            // A password that is set anew ends the one before.
            if minted.mint().makes == Kind::Password {
                let list = callers.entry(minted.event).or_default();
                list.push(minted.caller);
            }
        }
        callers
    }

    fn add_changers(
        &self,
        node: u32,
        timelines: &Timelines,
        callers: &HashMap<Text, Vec<Caller>>,
        found: &mut Found,
    ) {
        let entry = &self.entries[node as usize];
        let parent = entry.link.as_ref();
        let parent = parent.map(|link| &self.entries[link.parent as usize]);
        for act in timelines.of(node, entry, parent, &self.strings) {
            found.add(act.by_node);
            for caller in callers.get(&act.event).into_iter().flatten() {
                self.add_caller(caller, found);
            }
        }
    }

    /// A credential's own names, and what else its links depend on.
    fn add_around(&self, node: u32, found: &mut Found) {
        let entry = &self.entries[node as usize];
        if let Some(link) = &entry.link {
            found.add(link.parent);
            for (candidate, _) in &link.candidates {
                found.add(*candidate);
            }
        }
        for fit in self.ambiguous.get(&node).into_iter().flatten() {
            found.add(*fit);
        }
        self.each_key(node, |key| {
            found.around.keys.add(self.text(key));
        });
        if !matches!(entry.kind, Kind::Service | Kind::Workload) {
            self.add_principal(entry.principal, found);
        }
        if matches!(entry.kind, Kind::AccessKey | Kind::FederationToken) {
            found.around.users.add(self.text(entry.user));
        }
        self.add_second(entry.issued, found);
        for place in self.sightings_of.of(node) {
            let sighting = &self.sightings[*place as usize];
            let who = &sighting.who;
            self.add_principal(who.principal, found);
            self.add_second(who.created, found);
            found.around.bearers.add(self.text(who.bearer));
            found.around.people.add(self.text(sighting.person));
        }
        for place in self.mints_of.of(node) {
            let minted = &self.mints[*place as usize];
            self.add_principal(minted.field(Field::Principal), found);
            self.add_second(minted.at, found);
            found
                .around
                .bearers
                .add(self.text(minted.field(Field::Bearer)));
            if minted.mint().from == From::Switched {
                found.around.arns.add(self.text(minted.field(Field::Arn)));
            }
            if minted.field(Field::Principal).is_empty() {
                let name = self.text(minted.field(Field::SessionName));
                found.around.sessions.add(name);
            }
            self.add_caller(&minted.caller, found);
        }
        if matches!(
            entry.kind,
            Kind::RoleSession | Kind::ServiceSession | Kind::ConsoleSession
        ) {
            self.add_portals(entry.issued, found);
        }
    }

    /// Whoever may have made a call: the whole of its principal.
    fn add_caller(&self, caller: &Caller, found: &mut Found) {
        let who = &caller.who;
        found.around.keys.add(self.text(who.key));
        found.around.bearers.add(self.text(who.bearer));
        found.around.people.add(self.text(caller.person));
        self.add_principal(who.principal, found);
        if let Some(node) = self.minted.get(&who.key) {
            found.add(*node);
        }
    }

    /// A principal with all its credentials: who was at work when, and which of them minted, is told by all.
    fn add_principal(&self, principal: Text, found: &mut Found) {
        if principal.is_empty() || !found.principals.insert(principal) {
            return;
        }
        found.around.principals.add(self.text(principal));
        for node in self.of_principal(principal) {
            found.add(node);
        }
    }

    fn add_second(&self, at: i64, found: &mut Found) {
        if let Some(at) = known(at) {
            found.around.seconds.insert(at.div_euclid(SECOND));
        }
    }

    /// The calls of the access portal, and of nodes, that may have had a session minted.
    fn add_portals(&self, at: i64, found: &mut Found) {
        if at == NEVER {
            return;
        }
        let slack = (PORTAL_S + 1) * SECOND;
        let at_of = |place: &u32| self.mints[*place as usize].at;
        for calls in [&self.portals, &self.pods] {
            let from = calls.partition_point(|place| at_of(place) < at - slack);
            let near = calls[from..].iter();
            for place in near.take_while(|place| at_of(place) <= at + slack) {
                self.add_caller(&self.mints[*place as usize].caller, found);
            }
        }
    }

    /// What the portal handed out to a session of the tree shows neither that nor its person, nor does what a node
    /// asked for show the node.
    fn add_handed_out(&self, below: &HashSet<u32>, found: &mut Found) {
        let is_portal = |node: &u32| {
            let kind = self.entries[*node as usize].kind;
            kind == Kind::IdentityCenterSession && below.contains(node)
        };
        let portals = self.portals.iter().map(|place| (place, true));
        for (place, by_portal) in portals.chain(self.pods.iter().map(|place| (place, false))) {
            let call = &self.mints[*place as usize];
            let of = self.credentials_of(&call.caller, call.at);
            let hands_out = |node: &u32| match by_portal {
                true => is_portal(node),
                false => below.contains(node),
            };
            if of.iter().any(hands_out) {
                let second = call.at.div_euclid(SECOND);
                for second in second - PORTAL_S..=second + PORTAL_S {
                    found.around.seconds.insert(second);
                    found.around.created.insert(second);
                }
            }
        }
    }

    /// Services call with keys of their own, of which one may be known as somebody's.
    fn add_forwarded(&self, found: &mut Found) {
        for group in &self.forwardings {
            if !found.principals.contains(&group.principal) {
                continue;
            }
            for session in group.sessions.iter().chain(&group.later) {
                if let KeyMark::One(key) = session.key {
                    found.around.keys.add_hash(key);
                }
            }
        }
    }
}
