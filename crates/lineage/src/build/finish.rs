//! The last step: credentials in their order, with everything that is listed of them.

use keyline_trail::Problems;
use keyline_trail::partition::Partition;
use keyline_trail::session::{CredentialHash, credential_hash};

use crate::build::order::{arrange, places};
use crate::build::{Build, known, session_evidence};
use crate::entry::{NONE, Span};
use crate::forest::{Forest, Linked};
use crate::production::Production;
use crate::quick::Map;
use crate::strings::Text;
use crate::timeline::{Act, Timelines};
use crate::usage::{ALWAYS, NEVER};

impl Build {
    pub(super) fn finish(
        mut self,
        mut timelines: Timelines,
        production: &Production,
    ) -> (Forest, Problems) {
        // What found the links is not needed any more, and is as large as the forest.
        self.callers = Default::default();
        self.changes = Vec::new();
        self.tuples = Vec::new();
        self.named = Map::default();
        self.shared = Map::default();
        self.mark_production(production);
        self.spread_partitions();
        let (keys, events) = self.list_keys_and_events();
        let aliases = self.share_aliases(&keys);

        // Unknown times of issue come first: there is no earlier number.
        let mut order: Vec<u32> = (0..self.entries.len() as u32).collect();
        order.sort_unstable_by_key(|node| {
            let entry = &self.entries[*node as usize];
            (entry.issued, entry.hash)
        });
        let place = places(&order);
        let moved = |node: u32| match node {
            NONE => NONE,
            node => place[node as usize],
        };
        arrange(&mut self.entries, &place);
        for entry in &mut self.entries {
            entry.root = moved(entry.root);
            if let Some(link) = &mut entry.link {
                link.parent = moved(link.parent);
                for (node, _) in &mut link.candidates {
                    *node = moved(*node);
                }
            }
        }
        for (_, node) in &mut self.by_hash {
            *node = moved(*node);
        }
        let act = |act: Act| Act {
            by_node: moved(act.by_node),
            ..act
        };
        timelines.own = timelines
            .own
            .into_iter()
            .map(|(node, acts)| (moved(node), acts.into_iter().map(act).collect()))
            .collect();
        for line in timelines.by_owner.values_mut() {
            for denied in &mut line.denied {
                denied.from = act(denied.from);
                denied.until = denied.until.map(act);
            }
            for deleted in &mut line.deleted {
                *deleted = act(*deleted);
            }
        }
        self.strings.shrink();
        let linked = Linked {
            strings: self.strings,
            entries: self.entries,
            keys,
            events,
            aliases,
            timelines,
        };
        let forest = Forest::from_linked(linked, self.by_hash, self.last_event);
        (forest, self.problems)
    }

    fn mark_production(&mut self, production: &Production) {
        if production.accounts.is_empty() && production.assets.is_empty() {
            return;
        }
        let accounts: Vec<Text> = production
            .accounts
            .iter()
            .filter_map(|account| self.strings.find(account))
            .collect();
        for entry in &mut self.entries {
            let used_in = entry.usage.iter().flat_map(|usage| usage.accounts.iter());
            entry.production |= accounts.contains(&entry.account)
                || used_in
                    .into_iter()
                    .any(|account| accounts.contains(account))
                || [entry.arn, entry.role]
                    .iter()
                    .any(|arn| production.has_asset(self.strings.get(*arn)));
        }
    }

    /// A credential without an ARN lies in the partition of what it comes from, or of what comes from it.
    fn spread_partitions(&mut self) {
        for at in 0..self.entries.len() {
            let entry = &self.entries[at];
            let named = [entry.arn, entry.role]
                .iter()
                .find_map(|arn| Partition::of_arn(self.strings.get(*arn)));
            self.entries[at].partition = named;
        }
        let order = self.parents_first();
        let parent_of = |build: &Build, node: u32| {
            let link = build.entries[node as usize].link.as_ref();
            link.map(|link| link.parent as usize)
        };
        for node in order.iter().rev() {
            if let Some(parent) = parent_of(self, *node)
                && self.entries[parent].partition.is_none()
            {
                self.entries[parent].partition = self.entries[*node as usize].partition;
            }
        }
        for node in order {
            if let Some(parent) = parent_of(self, node)
                && self.entries[node as usize].partition.is_none()
            {
                self.entries[node as usize].partition = self.entries[parent].partition;
            }
        }
    }

    /// The key ids of every credential, and the events that minted it, each in order of its text.
    fn list_keys_and_events(&mut self) -> (Vec<Text>, Vec<Text>) {
        let (mut keys, mut events) = (Vec::new(), Vec::new());
        self.more_keys.sort_unstable();
        for node in 0..self.entries.len() as u32 {
            let start = keys.len();
            keys.push(self.entries[node as usize].minted_key);
            keys.extend(self.named_keys.get(&node));
            let more = self.more_keys.partition_point(|(of, _)| *of < node);
            let more = self.more_keys[more..].iter();
            keys.extend(more.take_while(|(of, _)| *of == node).map(|(_, key)| *key));
            for place in self.sightings_of.of(node) {
                keys.push(self.sightings[*place as usize].who.key);
            }
            let keys_span = tidy(&self.strings, &mut keys, start);
            let start = events.len();
            for place in self.mints_of.of(node) {
                events.push(self.mints[*place as usize].event);
            }
            let events_span = tidy(&self.strings, &mut events, start);
            let entry = self.entry(node);
            (entry.keys, entry.events) = (keys_span, events_span);
        }
        keys.shrink_to_fit();
        events.shrink_to_fit();
        (keys, events)
    }

    /// Gives every id that parts of the evidence would give to one credential: to one that was used under it,
    /// the earlier the better, before one that was only minted so.
    fn share_aliases(&mut self, keys: &[Text]) -> Vec<CredentialHash> {
        let mut claims: Vec<(CredentialHash, bool, i64, u32)> = Vec::new();
        let mut sessions: Vec<((Text, Text, i64), bool)> = Vec::new();
        for node in 0..self.entries.len() as u32 {
            let entry = &self.entries[node as usize];
            let first = entry.usage.as_ref().map_or(ALWAYS, |usage| usage.first);
            // What was minted under a key has the key's own id.
            let others = entry.keys.of(keys).iter();
            for key in others.filter(|key| **key != entry.minted_key) {
                let hash = credential_hash(self.text(*key));
                claims.push((hash, false, first, node));
            }
            sessions.clear();
            sessions.extend(
                self.sightings_of
                    .of(node)
                    .iter()
                    .map(|place| {
                        let who = self.sightings[*place as usize].who;
                        let session = (who.account, who.principal, who.created);
                        (session, self.has_own_session[*place as usize])
                    })
                    .filter(|((_, principal, created), _)| {
                        known(*created).is_some() && !principal.is_empty()
                    }),
            );
            sessions.sort_unstable();
            sessions.dedup_by_key(|(session, _)| *session);
            let used = sessions.len();
            let minted = (entry.account, entry.principal, entry.issued);
            let is_session = super::links::is_session(entry.kind);
            if is_session
                && entry.issued != NEVER
                && !entry.principal.is_empty()
                && sessions.iter().all(|(session, _)| *session != minted)
            {
                sessions.push((minted, false));
            }
            for (at, ((account, principal, created), is_own)) in sessions.iter().enumerate() {
                // To hash evidence is the dearest of this.
                if *is_own {
                    continue;
                }
                let (account, principal) = (self.text(*account), self.text(*principal));
                let evidence = session_evidence(account, principal, *created);
                claims.push((credential_hash(&evidence), at >= used, first, node));
            }
        }
        // Most are the ids that credentials have anyway.
        claims.retain(|claim| self.by_hash(&claim.0).is_none());
        let hash_of = |node: u32| self.entries[node as usize].hash;
        claims.sort_unstable_by(|a, b| {
            (a.0, a.1, a.2)
                .cmp(&(b.0, b.1, b.2))
                .then_with(|| hash_of(a.3).cmp(&hash_of(b.3)))
        });
        claims.dedup_by_key(|claim| claim.0);
        claims.sort_unstable_by_key(|claim| (claim.3, claim.0));
        let mut start = 0;
        for of_node in claims.chunk_by(|a, b| a.3 == b.3) {
            let end = start + of_node.len() as u32;
            self.entry(of_node[0].3).aliases = Span { start, end };
            start = end;
        }
        claims.into_iter().map(|claim| claim.0).collect()
    }
}

/// Orders the new end of a list by text, without the empty and the repeated.
fn tidy(strings: &crate::strings::Strings, list: &mut Vec<Text>, start: usize) -> Span {
    // Nearly all have one text, once or twice: for that no text is read, and nothing is allocated.
    let mut end = start;
    for at in start..list.len() {
        let text = list[at];
        if !text.is_empty() && (end == start || list[end - 1] != text) {
            list[end] = text;
            end += 1;
        }
    }
    list.truncate(end);
    if end - start > 1 {
        let mut new = list.split_off(start);
        new.sort_by(|a, b| strings.get(*a).cmp(strings.get(*b)));
        new.dedup();
        list.append(&mut new);
    }
    Span {
        start: start as u32,
        end: list.len() as u32,
    }
}
