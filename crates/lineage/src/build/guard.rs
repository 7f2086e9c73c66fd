//! What must hold of every forest: no credential is older than its parent, and there is no circle.
//!
//! Links that break this are cut and reported: they come of forged records, of clocks, or of a mistake here.
//! Then every credential has a root and a depth, and a life, exact or bounded.

use keyline_trail::partition::service_name;

use crate::build::{Build, SECOND};
use crate::credential::{Expiry, Kind};
use crate::entry::{NONE, Why};
use crate::expiry::{self, Issue};
use crate::limits::CLOCKS_S;
use crate::mint::{Field, From};
use crate::sighting::CallerType;
use crate::usage::{ALWAYS, NEVER};

/// What stands in the id of a client that signs its own user in, on the same device or on another one.
const PROGRAMS: &str = "devtools/";

impl Build {
    pub(super) fn guard(&mut self) {
        self.cut_circles();
        self.cut_younger_parents();
        self.tell_what_is_left_out();
        let order = self.parents_first();
        self.find_roots(&order);
        self.bound_lives(&order);
    }

    fn tell_what_is_left_out(&mut self) {
        for node in 0..self.entries.len() {
            let entry = &self.entries[node];
            if let Some(link) = entry.link.as_ref().filter(|link| link.left_out > 0) {
                let (id, listed) = (entry.hash, link.candidates.len());
                let fit = listed + link.left_out as usize;
                self.problem("candidates-left-out", |_| {
                    format!("{id}: {fit} credentials may have minted it, {listed} are listed")
                });
            }
        }
    }

    /// Cuts each circle at its credential with the smallest id.
    fn cut_circles(&mut self) {
        let count = self.entries.len();
        // 0 not seen, 1 on the way up from here, 2 known to be on no circle.
        let mut state = vec![0u8; count];
        for start in 0..count {
            let mut path = Vec::new();
            let mut node = start;
            while state[node] == 0 {
                state[node] = 1;
                path.push(node);
                match &self.entries[node].link {
                    Some(link) => node = link.parent as usize,
                    None => break,
                }
            }
            if state[node] == 1
                && let Some(from) = path.iter().position(|on| *on == node)
                && self.entries[node].link.is_some()
            {
                let circle = path[from..].iter().copied();
                if let Some(cut) = circle.min_by_key(|on| self.entries[*on].hash) {
                    self.cut(cut, Why::Circle, "lineage-circle");
                }
            }
            for on in path {
                state[on] = 2;
            }
        }
    }

    /// Two endpoints may write down one second differently; more than that is no parent.
    fn cut_younger_parents(&mut self) {
        for node in self.parents_first() {
            let node = node as usize;
            let Some(link) = &self.entries[node].link else {
                continue;
            };
            let parent = self.entries[link.parent as usize].issued;
            let issued = self.entries[node].issued;
            if parent == NEVER || issued == NEVER || parent <= issued {
                continue;
            }
            if parent - issued <= CLOCKS_S * SECOND {
                self.entries[node].issued = parent;
            } else {
                self.cut(node, Why::Younger, "parent-younger-than-child");
            }
        }
    }

    pub(super) fn cut(&mut self, node: usize, why: Why, problem: &'static str) {
        self.entries[node].link = None;
        self.entries[node].why = Some(why);
        let id = self.entries[node].hash;
        self.problem(problem, |_| format!("{id}: {}", why.text()));
    }

    /// Every credential behind its parent.
    pub(super) fn parents_first(&self) -> Vec<u32> {
        let count = self.entries.len();
        let mut next = vec![NONE; count];
        let mut first = vec![NONE; count];
        let mut waiting = Vec::new();
        for node in (0..count as u32).rev() {
            match &self.entries[node as usize].link {
                Some(link) => {
                    let parent = link.parent as usize;
                    next[node as usize] = first[parent];
                    first[parent] = node;
                }
                None => waiting.push(node),
            }
        }
        let mut order = Vec::with_capacity(count);
        while let Some(node) = waiting.pop() {
            order.push(node);
            let mut child = first[node as usize];
            while child != NONE {
                waiting.push(child);
                child = next[child as usize];
            }
        }
        order
    }

    fn find_roots(&mut self, parents_first: &[u32]) {
        for node in parents_first.iter().copied() {
            let (root, depth) = match &self.entries[node as usize].link {
                Some(link) => {
                    let parent = &self.entries[link.parent as usize];
                    (parent.root, parent.depth + 1)
                }
                None => (node, 0),
            };
            let entry = self.entry(node);
            entry.root = root;
            entry.depth = depth;
        }
    }

    /// The end of every credential: what its minting says, else the longest life of its kind.
    fn bound_lives(&mut self, parents_first: &[u32]) {
        for node in parents_first.iter().copied() {
            self.take_common_end(node);
            let entry = &self.entries[node as usize];
            // What was used had been issued before.
            let first = entry.usage.as_ref().map(|usage| usage.first);
            let issued = match (entry.issued, first) {
                (NEVER, Some(first)) if first != ALWAYS => first,
                (issued, _) => issued,
            };
            let (expires, expiry) = match (entry.expires, issued) {
                (NEVER, NEVER) => (NEVER, Expiry::None),
                (NEVER, issued) => match self.longest_life(node) {
                    Some(seconds) => (
                        self.counts_from(node, issued)
                            .saturating_add(seconds.saturating_mul(SECOND)),
                        Expiry::Bounded,
                    ),
                    None => (NEVER, Expiry::None),
                },
                (expires, _) => (expires, Expiry::Exact),
            };
            // A federation token takes the console that it opened with it.
            let parent = entry.link.as_ref().map(|link| link.parent as usize);
            let token = parent
                .map(|parent| &self.entries[parent])
                .filter(|parent| parent.kind == Kind::FederationToken && parent.expires != NEVER);
            let expires = match (expiry, token) {
                (Expiry::Bounded, Some(token)) => expires.min(token.expires),
                _ => expires,
            };
            let entry = self.entry(node);
            entry.expires = expires;
            entry.expiry = expiry;
        }
    }

    /// The instant from which the longest life of a credential counts: a program's from the sign-in to the console
    /// that it was given its session in.
    fn counts_from(&self, node: u32, issued: i64) -> i64 {
        let entry = &self.entries[node as usize];
        let console = entry
            .link
            .as_ref()
            .map(|link| &self.entries[link.parent as usize])
            .filter(|parent| parent.kind == Kind::ConsoleSession && parent.issued != NEVER);
        match console {
            Some(console) if entry.kind == Kind::OauthSession => console.issued,
            _ => issued,
        }
    }

    /// A session that is one of several minted ones ends when all of them do.
    fn take_common_end(&mut self, node: u32) {
        let Some(fits) = self.ambiguous.get(&node) else {
            return;
        };
        let end = |fit: &u32| self.entries[*fit as usize].expires;
        let first = fits.first().map_or(NEVER, end);
        if fits.iter().all(|fit| end(fit) == first) {
            self.entry(node).expires = first;
        }
    }

    fn longest_life(&self, node: u32) -> Option<i64> {
        let entry = &self.entries[node as usize];
        let mints = self.mints_of.of(node).iter();
        let mut mints = mints.map(|place| &self.mints[*place as usize]);
        let is_root = mints
            .clone()
            .any(|minted| minted.caller.kind == CallerType::Root)
            || self
                .sightings_of
                .of(node)
                .iter()
                .any(|place| self.sightings[*place as usize].caller == CallerType::Root);
        let service = mints
            .clone()
            .find(|minted| minted.mint().from == From::Service)
            .map(|minted| service_name(self.text(minted.caller.service)));
        let service = service.or(match entry.origin {
            Some(("ec2-instance", _)) => Some("ec2"),
            Some(("ecs-task", _)) => Some("ecs-tasks"),
            Some(("eks-pod", _)) => Some("pods.eks"),
            _ => None,
        });
        let cognito = mints
            .clone()
            .any(|minted| minted.mint().service == "cognito-identity");
        let to_program = mints
            .clone()
            .any(|minted| self.text(minted.field(Field::Label)).contains(PROGRAMS));
        // Where several may have minted it, it lives as long as the longest of them lets it.
        let by_role = |node: u32| self.entries[node as usize].kind == Kind::RoleSession;
        let chained = entry.link.as_ref().is_some_and(|link| {
            by_role(link.parent) && link.candidates.iter().all(|(node, _)| by_role(*node))
        });
        let issue = match service {
            _ if entry.kind == Kind::OauthSession && to_program => Issue::ToProgram,
            Some(service) => expiry::service(service),
            _ if cognito => expiry::service("cognito-identity"),
            _ if is_root => Issue::Root,
            // A session of a workload counts as the first link of a chain.
            _ if chained => Issue::Chained,
            _ => Issue::Any,
        };
        let longest = expiry::longest(entry.kind, issue)?;
        // What was asked for is never exceeded, save where a service mints.
        let asked = mints.find(|minted| {
            minted.seconds > 0 && minted.mint().service == "sts" && service.is_none()
        });
        Some(asked.map_or(longest, |minted| minted.seconds.min(longest)))
    }
}
