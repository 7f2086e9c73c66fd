//! Sightings find the credential that was used.
//!
//! By the key, where an event of the data mints it. Else by the session: its principal and the second of
//! its creation, which stay the same under however many keys it surfaces; a console session, a switched role or a
//! session of Identity Center is never seen under the key that was minted. Else by the key alone. Where several
//! minted sessions fit, none is picked: the use is a credential of its own that may be one of them.

use keyline_trail::access_key::account_of_key;

use crate::build::{Build, known, role_parts};
use crate::credential::Kind;
use crate::entry::NONE;
use crate::mint::Field;
use crate::quick::Map;
use crate::sighting::{CallerType, Flags, Who};
use crate::strings::Text;

/// The credential that has a key. A key belongs to one session; one that seems to belong to two tells nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holder {
    Nobody,
    One(u32),
    Several,
}

impl Holder {
    pub(super) fn add(&mut self, node: u32) {
        *self = match *self {
            Holder::Nobody => Holder::One(node),
            Holder::One(known) if known == node => Holder::One(node),
            _ => Holder::Several,
        };
    }
}

impl Build {
    pub(super) fn assign_uses(&mut self) {
        self.torn = self.torn_keys();
        let sign_ins = self.sign_ins();
        let mut bare = Vec::new();
        for place in 0..self.sightings.len() {
            let node = self.credential_of(place, &sign_ins);
            self.node_of_sighting[place] = node;
            if node == NONE {
                bare.push(place);
            }
        }
        if bare.is_empty() {
            return;
        }
        // Some records have the key of a session and nothing of the session.
        let keys = self.sessions_of_keys(&bare);
        for place in bare {
            let sighting = &self.sightings[place];
            let (who, caller) = (sighting.who, sighting.caller);
            self.node_of_sighting[place] = match keys.get(&who.key) {
                Some(Holder::One(node)) if !self.is_foreign(&who) => *node,
                _ => self.key_alone(&who, caller),
            };
        }
    }

    /// Who else was seen with the keys of some sightings: those are few, and all sightings are many.
    fn sessions_of_keys(&self, places: &[usize]) -> Map<Text, Holder> {
        let wanted = places.iter().map(|place| self.sightings[*place].who.key);
        let mut keys: Map<Text, Holder> = wanted.map(|key| (key, Holder::Nobody)).collect();
        for (sighting, node) in self.sightings.iter().zip(&self.node_of_sighting) {
            let who = &sighting.who;
            if *node != NONE
                && !who.key.is_empty()
                && let Some(holder) = keys.get_mut(&who.key)
                && !self.is_foreign(who)
            {
                holder.add(*node);
            }
        }
        keys
    }

    /// The credential of a sighting; none yet where only the key is known.
    fn credential_of(&mut self, place: usize, sign_ins: &Map<(Text, i64), Option<u32>>) -> u32 {
        let sighting = &self.sightings[place];
        let (who, caller, flags) = (sighting.who, sighting.caller, sighting.flags);
        if let Some(node) = self.minted.get(&who.key)
            && !self.is_foreign(&who)
        {
            return *node;
        }
        if !who.bearer.is_empty() {
            let (what, kind) = match who.key.is_empty() {
                true => ("portal", Kind::IdentityCenterSession),
                false => ("oauth", Kind::OauthSession),
            };
            // A sign-in session has an ARN, whoever shows it.
            let bearer = self.text(who.bearer);
            let (what, kind) = match bearer.starts_with("arn:") {
                true => ("oauth", Kind::OauthSession),
                false => (what, kind),
            };
            let evidence = format!("{what}|{bearer}");
            return self.ensure(&evidence, kind);
        }
        let Some(created) = known(who.created) else {
            let temporary = self.text(who.key).starts_with("ASIA")
                || matches!(caller, CallerType::AssumedRole | CallerType::FederatedUser);
            return match temporary {
                true => NONE,
                false => self.key_alone(&who, caller),
            };
        };
        if who.principal.is_empty() {
            return NONE;
        }
        let mut fits = self.sessions_at(who.principal, created);
        if fits.is_empty() {
            fits = self.named_at(place, created);
        }
        let consoles: Vec<u32> = fits
            .iter()
            .copied()
            .filter(|node| self.entries[*node as usize].kind == Kind::ConsoleSession)
            .collect();
        let is_tool = flags.has(Flags::TOOL_AGENT)
            && !flags.has(Flags(Flags::CONSOLE.0 | Flags::CONSOLE_AGENT.0));
        // Keys of a console session are never logged, so one that nobody minted is the console's. A program
        // has it by `aws login`, if there was one.
        if is_tool
            && !who.key.is_empty()
            && let Some(Some(node)) = sign_ins.get(&(who.principal, created))
        {
            return *node;
        }
        match (&consoles[..], &fits[..]) {
            ([console], _) | ([], [console]) => *console,
            ([], []) => {
                let kind = session_kind(caller);
                self.has_own_session[place] = true;
                self.ensure_session(who.account, who.principal, created, kind)
            }
            _ => {
                let first = self.entries[fits[0] as usize].kind;
                let alike = fits
                    .iter()
                    .all(|fit| self.entries[*fit as usize].kind == first);
                let kind = match alike {
                    true => first,
                    false => session_kind(caller),
                };
                self.has_own_session[place] = true;
                let node = self.ensure_session(who.account, who.principal, created, kind);
                if !fits.contains(&node) {
                    self.ambiguous.insert(node, fits);
                }
                node
            }
        }
    }

    /// Sessions that services minted without saying the principal's id, by role and name.
    fn named_at(&mut self, place: usize, created: i64) -> Vec<u32> {
        if self.named.is_empty() {
            return Vec::new();
        }
        let sighting = &self.sightings[place];
        let (issuer, arn) = (self.text(sighting.issuer), self.text(sighting.arn));
        let Some((account, role)) = role_parts(issuer).or_else(|| role_parts(arn)) else {
            return Vec::new();
        };
        let Some((_, name)) = self.text(sighting.who.principal).split_once(':') else {
            return Vec::new();
        };
        let find = |text: &str| self.strings.find(text);
        let (Some(account), Some(role), Some(name)) = (find(account), find(role), find(name))
        else {
            return Vec::new();
        };
        match self.named.get(&(account, role, name)) {
            Some(list) => super::at_instant(list, created),
            None => Vec::new(),
        }
    }

    /// A credential of which nothing but its key is known.
    fn key_alone(&mut self, who: &Who, caller: CallerType) -> u32 {
        let text = self.text(who.key).to_owned();
        let kind = match caller {
            _ if text.starts_with("AKIA") && caller != CallerType::AssumedRole => Kind::AccessKey,
            CallerType::AssumedRole => Kind::RoleSession,
            CallerType::FederatedUser => Kind::FederationToken,
            CallerType::IamUser | CallerType::Root if !text.starts_with("ASIA") => Kind::AccessKey,
            _ => Kind::UnknownTemporary,
        };
        let evidence = self.key_evidence(who.key, who.account);
        self.ensure(&evidence, kind)
    }

    /// Keys that were used in several accounts, each with the one that it is of. AWS gives no id out twice, but
    /// data sets put one id for many, and records can be forged.
    fn torn_keys(&self) -> Map<Text, Text> {
        let mut uses: Vec<(Text, Text)> = self
            .sightings
            .iter()
            .map(|sighting| (sighting.who.key, sighting.who.account))
            .filter(|(key, account)| !key.is_empty() && !account.is_empty())
            .collect();
        uses.sort_unstable();
        uses.dedup();
        let mut torn = Map::default();
        for accounts in uses
            .chunk_by(|a, b| a.0 == b.0)
            .filter(|uses| uses.len() > 1)
        {
            let key = accounts[0].0;
            let minted = self
                .minted
                .get(&key)
                .map(|node| self.entries[*node as usize].account);
            let told =
                account_of_key(self.text(key)).and_then(|account| self.strings.find(&account));
            let known = |account: &Text| accounts.iter().any(|(_, known)| known == account);
            let home = minted.filter(known).or(told.filter(known));
            let first = accounts
                .iter()
                .min_by_key(|(_, account)| self.text(*account));
            let home = home.or(first.map(|(_, account)| *account));
            torn.extend(home.map(|home| (key, home)));
        }
        torn
    }

    /// Whether a caller shows a key that is another account's.
    pub(super) fn is_foreign(&self, who: &Who) -> bool {
        self.is_of_another(who.key, who.account)
    }

    pub(super) fn is_of_another(&self, key: Text, account: Text) -> bool {
        !account.is_empty() && self.torn.get(&key).is_some_and(|home| *home != account)
    }

    /// The evidence of a credential that is known by its key: in the account that the key is of, the key alone.
    pub(super) fn key_evidence(&self, key: Text, account: Text) -> String {
        match self.is_of_another(key, account) {
            true => format!("{}|{}", self.text(account), self.text(key)),
            false => self.text(key).to_owned(),
        }
    }

    /// The sign-in sessions of programs by the console session that they were made in: one where there is one.
    fn sign_ins(&self) -> Map<(Text, i64), Option<u32>> {
        let mut found = Map::default();
        for (minted, node) in self.mints.iter().zip(&self.node_of_mint) {
            let who = minted.caller.who;
            if minted.mint().makes == Kind::OauthSession
                && *node != NONE
                && known(who.created).is_some()
                && !minted.field(Field::Bearer).is_empty()
            {
                found
                    .entry((who.principal, who.created))
                    .and_modify(|known: &mut Option<u32>| {
                        *known = known.filter(|known| known == node)
                    })
                    .or_insert(Some(*node));
            }
        }
        found
    }
}

/// What a session is, as far as its caller's type says.
fn session_kind(caller: CallerType) -> Kind {
    match caller {
        CallerType::AssumedRole => Kind::RoleSession,
        CallerType::FederatedUser => Kind::FederationToken,
        _ => Kind::UnknownTemporary,
    }
}
