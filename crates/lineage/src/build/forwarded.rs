//! Calls that services made on somebody's behalf find the credential they were made for.
//!
//! They are no credentials. A session's own second, or its key, gives them to that session. Else they belong to
//! whoever of the same principal was at work when the service's own session was made; where that may have
//! been one of several, each of them is told that it may have been.

use crate::build::Build;
use crate::build::uses::Holder;
use crate::credential::Kind;
use crate::quick::Map;
use crate::sighting::{Forwarded, Forwarding, KeyMark};
use crate::strings::Text;
use crate::usage::Usage;

impl Build {
    pub(super) fn assign_forwarded(&mut self) {
        let groups = std::mem::take(&mut self.forwardings);
        if groups.is_empty() {
            return;
        }
        let keys = self.holders_of_keys(&groups);
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
        keys: &Map<Text, Holder>,
    ) -> Option<(u32, bool)> {
        if let KeyMark::One(mark) = session.key {
            let mut holders = self.strings.of_hash(mark).filter_map(|key| keys.get(&key));
            if let (Some(Holder::One(node)), None) = (holders.next(), holders.next()) {
                return Some((*node, true));
            }
        }
        match self.sessions_of(principal, session.created)[..] {
            [node] => Some((node, false)),
            _ => None,
        }
    }

    /// Who has the keys that services signed with, as far as others used or minted them: next to none.
    fn holders_of_keys(&self, groups: &[Forwarding]) -> Map<Text, Holder> {
        let mut keys: Map<Text, Holder> = Map::default();
        for session in groups.iter().flat_map(|group| &group.sessions) {
            if let KeyMark::One(mark) = session.key {
                let texts = self.strings.of_hash(mark);
                keys.extend(texts.map(|key| (key, Holder::Nobody)));
            }
        }
        if keys.is_empty() {
            return keys;
        }
        for (sighting, node) in self.sightings.iter().zip(&self.node_of_sighting) {
            if let Some(holder) = keys.get_mut(&sighting.who.key) {
                holder.add(*node);
            }
        }
        for (key, holder) in &mut keys {
            if let Some(node) = self.minted.get(key) {
                *holder = match self.torn.contains_key(key) {
                    true => Holder::Several,
                    false => Holder::One(*node),
                };
            }
        }
        keys
    }
}

fn add(sum: &mut u32, events: u64) {
    *sum = sum.saturating_add(u32::try_from(events).unwrap_or(u32::MAX));
}
