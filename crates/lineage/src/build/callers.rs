//! The credential behind a call.
//!
//! A caller as a minting or changing event shows it goes in, the credentials that may have signed come out:
//! one, as a rule. For calls that a service made on somebody's behalf it is whoever has that session, or else
//! whoever of the same principal was at work in that second.

use crate::build::{Build, SECOND, known};
use crate::credential::Kind;
use crate::deed::Caller;
use crate::entry::NONE;
use crate::facts::hash_of;
use crate::limits::CLOCKS_S;
use crate::quick::Map;
use crate::sighting::Who;
use crate::strings::Text;
use crate::usage::{ALWAYS, NEVER};

/// Look-ups of credentials by who uses them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Callers {
    /// Sessions by principal and second of creation.
    sessions: Vec<(Text, i64, u32)>,
    by_principal: Vec<(Text, u32)>,
    keys_of_user: Map<(Text, Text), Vec<u32>>,
    consoles_by_arn: Map<Text, Vec<u32>>,
}

impl Build {
    pub(super) fn index_callers(&mut self) {
        let mut callers = Callers::default();
        for (sighting, node) in self.sightings.iter().zip(&self.node_of_sighting) {
            if *node == NONE {
                continue;
            }
            if known(sighting.who.created).is_some() && sighting.who.bearer.is_empty() {
                let who = &sighting.who;
                callers.sessions.push((who.principal, who.created, *node));
            }
        }
        callers.sessions.sort_unstable();
        callers.sessions.dedup();
        for (node, entry) in self.entries.iter().enumerate() {
            let node = node as u32;
            if signs(entry.kind) && !entry.principal.is_empty() {
                callers.by_principal.push((entry.principal, node));
            }
            match entry.kind {
                Kind::AccessKey => {
                    let key = (entry.account, entry.user);
                    callers.keys_of_user.entry(key).or_default().push(node);
                }
                Kind::ConsoleSession => {
                    let list = callers.consoles_by_arn.entry(entry.arn);
                    list.or_default().push(node);
                }
                _ => {}
            }
        }
        callers.by_principal.sort_unstable();
        self.callers = callers;
    }

    /// The credentials that may have signed a call; several where the record leaves it open.
    pub(super) fn credentials_of(&self, caller: &Caller, at: i64) -> Vec<u32> {
        let who = &caller.who;
        if let Some(node) = self.seen_as(who) {
            return vec![node];
        }
        if let Some(node) = self.minted.get(&who.key)
            && !self.is_foreign(who)
        {
            return vec![*node];
        }
        if known(who.created).is_some() {
            let nodes = self.sessions_of(who.principal, who.created);
            if !nodes.is_empty() {
                return nodes;
            }
        }
        if caller.forwarded {
            return self.at_work(who.principal, known(who.created).unwrap_or(at));
        }
        // Sign-in events show no key: whoever has the session.
        Vec::new()
    }

    /// The credential that was seen with all that tells a caller from others.
    fn seen_as(&self, who: &Who) -> Option<u32> {
        let is_it = |place: &u32| self.sightings[*place as usize].who == *who;
        let place = self.by_who.find(hash_of(who), is_it)?;
        let node = self.node_of_sighting[*place as usize];
        (node != NONE).then_some(node)
    }

    /// The credentials that have a session of a principal: by their uses, else by their minting.
    pub(super) fn sessions_of(&self, principal: Text, created: i64) -> Vec<u32> {
        let sessions = &self.callers.sessions;
        let of = |session: &(Text, i64, u32)| (session.0, session.1);
        let from = sessions.partition_point(|session| of(session) < (principal, created));
        let found: Vec<u32> = sessions[from..]
            .iter()
            .take_while(|session| of(session) == (principal, created))
            .map(|session| session.2)
            .collect();
        match found.is_empty() {
            true => self.sessions_at(principal, created),
            false => found,
        }
    }

    /// Every credential of a principal that signs calls.
    pub(super) fn of_principal(&self, principal: Text) -> impl Iterator<Item = u32> {
        let all = &self.callers.by_principal;
        let from = all.partition_point(|(other, _)| *other < principal);
        all[from..]
            .iter()
            .take_while(move |(other, _)| *other == principal)
            .map(|(_, node)| *node)
    }

    /// The credentials of a principal that were used around an instant; failing these, those that worked
    /// then.
    pub(super) fn at_work(&self, principal: Text, at: i64) -> Vec<u32> {
        if at == NEVER {
            return Vec::new();
        }
        let slack = CLOCKS_S * SECOND;
        let used = |node: &u32| {
            self.entries[*node as usize]
                .usage
                .as_ref()
                .is_some_and(|usage| usage.first <= at + slack && at - slack <= usage.last)
        };
        let mut found: Vec<u32> = self.of_principal(principal).filter(used).collect();
        if found.is_empty() {
            found = self.alive(principal, at);
        }
        found
    }

    /// The credentials of a principal that may have worked at an instant.
    pub(super) fn alive(&self, principal: Text, at: i64) -> Vec<u32> {
        let slack = CLOCKS_S * SECOND;
        let lives = |node: &u32| {
            let entry = &self.entries[*node as usize];
            let longest = match entry.kind {
                Kind::AccessKey | Kind::OauthSession => ALWAYS,
                _ if entry.issued == NEVER => ALWAYS,
                _ if entry.expires != NEVER => entry.expires,
                _ => entry.issued.saturating_add(36 * 3600 * SECOND),
            };
            entry.issued <= at + slack && at <= longest
        };
        self.of_principal(principal).filter(lives).collect()
    }

    /// The long-term keys of a user that existed at an instant.
    pub(super) fn keys_of(&self, account: Text, user: Text, at: i64) -> Vec<u32> {
        let nodes = self.callers.keys_of_user.get(&(account, user));
        let nodes = nodes.map_or(&[][..], |nodes| nodes);
        let existed = |node: &&u32| self.entries[**node as usize].issued <= at;
        nodes.iter().filter(existed).copied().collect()
    }

    /// The console sessions of an ARN that may have worked at an instant.
    pub(super) fn consoles_of(&self, arn: Text, at: i64) -> Vec<u32> {
        let nodes = self.callers.consoles_by_arn.get(&arn);
        let nodes = nodes.map_or(&[][..], |nodes| nodes);
        let lives = |node: &&u32| {
            let entry = &self.entries[**node as usize];
            entry.issued <= at && at <= entry.issued.saturating_add(12 * 3600 * SECOND)
        };
        nodes.iter().filter(lives).copied().collect()
    }
}

/// Whether calls are signed with credentials of a kind.
fn signs(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::AccessKey
            | Kind::SessionToken
            | Kind::FederationToken
            | Kind::RoleSession
            | Kind::ConsoleSession
            | Kind::RootSession
            | Kind::ServiceSession
            | Kind::OauthSession
            | Kind::UnknownTemporary
    )
}
