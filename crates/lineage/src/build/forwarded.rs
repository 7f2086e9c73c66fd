//! Calls that services made on somebody's behalf find the credential they were made for.
//!
//! They are no credentials. A session's own second, or its key, gives them to that session. Else they belong to
//! whoever of the same principal was at work when the service's own session was made; where that may have
//! been one of several, each of them is told that it may have been.

use xxhash_rust::xxh3::xxh3_64;

use crate::build::Build;
use crate::credential::Kind;
use crate::entry::NONE;
use crate::quick::Map;
use crate::sighting::{Forwarded, KeyMark};
use crate::strings::Text;
use crate::usage::Usage;

impl Build {
    pub(super) fn assign_forwarded(&mut self) {
        let groups = std::mem::take(&mut self.forwardings);
        if groups.is_empty() {
            return;
        }
        let keys = self.nodes_by_key_hash();
        let mut homeless = 0;
        for group in &groups {
            for session in &group.sessions {
                if let Some((node, own)) = self.owner_of(group.principal, session, &keys) {
                    let entry = self.entry(node);
                    // A service that works with the session's own key, or the console's servers.
                    let made_by_itself = own || entry.kind == Kind::ConsoleSession;
                    let mut session = *session;
                    if !made_by_itself {
                        add(&mut entry.forwarded, session.events);
                        add(&mut entry.forwarded_in_session, session.events);
                        (session.events, session.errors) = (0, 0);
                    }
                    let usage = entry.usage.get_or_insert_with(Box::<Usage>::default);
                    usage.add_session(&session);
                    continue;
                }
                let nodes = self.at_work(group.principal, session.created);
                homeless += self.share(&nodes, session.events);
            }
            if let Some(later) = &group.later {
                let principal = self.text(group.principal).to_owned();
                self.problem("forwarded-sessions-bounded", |_| {
                    format!(
                        "{principal}: more sessions of services than are told apart; the later ones are counted together"
                    )
                });
                let mut nodes = self.at_work(group.principal, later.created);
                nodes.extend(self.at_work(group.principal, later.last));
                nodes.sort_unstable();
                nodes.dedup();
                homeless += self.share(&nodes, later.events);
            }
        }
        if homeless > 0 {
            self.problem("forwarded-without-caller", |_| {
                format!("{homeless} calls of services on behalf of principals that made no call themselves")
            });
        }
    }

    /// Gives calls to the only credential that they can belong to, or tells all that may have made them.
    fn share(&mut self, nodes: &[u32], events: u64) -> u64 {
        match nodes {
            [] => return events,
            [node] => add(&mut self.entry(*node).forwarded, events),
            nodes => {
                for node in nodes {
                    add(&mut self.entry(*node).forwarded_maybe, events);
                }
            }
        }
        0
    }

    /// The credential whose session the calls were made in, and whether they were made with its own key.
    fn owner_of(
        &self,
        principal: Text,
        session: &Forwarded,
        keys: &Map<u64, u32>,
    ) -> Option<(u32, bool)> {
        if let KeyMark::One(key) = session.key
            && let Some(node) = keys.get(&key)
            && *node != NONE
        {
            return Some((*node, true));
        }
        match self.sessions_of(principal, session.created)[..] {
            [node] => Some((node, false)),
            _ => None,
        }
    }

    fn nodes_by_key_hash(&self) -> Map<u64, u32> {
        let hash = |key: Text| xxh3_64(self.text(key).as_bytes());
        let mut keys: Map<u64, u32> = Map::default();
        for (sighting, node) in self.sightings.iter().zip(&self.node_of_sighting) {
            if !sighting.who.key.is_empty() {
                // A key of two credentials tells nothing.
                keys.entry(hash(sighting.who.key))
                    .and_modify(|known| {
                        if known != node {
                            *known = NONE;
                        }
                    })
                    .or_insert(*node);
            }
        }
        for (key, node) in &self.minted {
            let node = match self.torn.contains_key(key) {
                true => NONE,
                false => *node,
            };
            keys.insert(hash(*key), node);
        }
        keys
    }
}

fn add(sum: &mut u32, events: u64) {
    *sum = sum.saturating_add(u32::try_from(events).unwrap_or(u32::MAX));
}
