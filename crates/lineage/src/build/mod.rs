//! From facts to a forest.
//!
//! ```text
//! facts ─ order ─ births ─ uses ─ attributes ─ links ─ denials ─ guard ─ forwarded calls ─ forest
//! ```
//!
//! First everything is put into an order that no delivery has a part in; from there on the same facts take
//! the same way. Each step is a file; what they share is [`Build`].

mod order;
mod births;
mod uses;
pub(crate) mod attributes;
mod links;
mod callers;
mod denials;
mod guard;
mod forwarded;
mod reach;
mod finish;

use hashbrown::HashTable;
use hashbrown::hash_table::Entry as Slot;
use keyline_trail::arn::Arn;
use keyline_trail::session::{CredentialHash, credential_hash};
use keyline_trail::time::format_time;
use keyline_trail::{ProblemKind, Problems};

use crate::about::Reach;
use crate::build::attributes::Lists;
use crate::build::callers::Callers;
use crate::build::order::Ranks;
use crate::credential::Kind;
use crate::deed::{Changed, Minted};
use crate::entry::{Entry, NONE};
use crate::facts::Facts;
use crate::forest::{Forest, place_of};
use crate::mint::Field;
use crate::production::Production;
use crate::quick::{Map, Set};
use crate::sighting::{Forwarding, Sighting};
use crate::strings::{Strings, Text};
use crate::timeline::Timelines;
use crate::usage::NEVER;

pub(crate) const SECOND: i64 = 1_000_000;

impl Forest {
    /// Links all credentials of some facts. Beside the forest comes what was wrong with the data.
    pub fn build(facts: Facts, production: &Production) -> (Forest, Problems) {
        let (mut build, timelines) = Build::linked(facts, production);
        build.assign_forwarded();
        build.finish(timelines, production)
    }

    /// The same, and what bears on the tree of a key or an id, if it names any.
    pub(crate) fn build_reaching(
        facts: Facts,
        production: &Production,
        text: &str,
    ) -> (Forest, Problems, Option<Reach>) {
        let (mut build, timelines) = Build::linked(facts, production);
        build.more_keys.sort_unstable();
        let reach = build.reach(text, &timelines);
        build.assign_forwarded();
        let (forest, problems) = build.finish(timelines, production);
        (forest, problems, reach)
    }
}

/// A forest in the making. Credentials are numbered as they are found.
pub(crate) struct Build {
    strings: Strings,
    mints: Vec<Minted>,
    sightings: Vec<Sighting>,
    /// Where each is, by all that tells it from others.
    by_who: HashTable<u32>,
    forwardings: Vec<Forwarding>,
    changes: Vec<Changed>,
    recipients: Set<Text>,
    /// Accounts whose trails have any minting of a session.
    minting_accounts: Set<Text>,
    /// When minting events were recorded without the answer that names the key.
    omitted_at: Set<i64>,
    first_event: Option<i64>,
    last_event: Option<i64>,
    entries: Vec<Entry>,
    by_hash: HashTable<(CredentialHash, u32)>,
    node_of_mint: Vec<u32>,
    node_of_sighting: Vec<u32>,
    /// Whether the session of a sighting is what its credential has its id by.
    has_own_session: Vec<bool>,
    mints_of: Lists,
    sightings_of: Lists,
    callers: Callers,
    /// Credentials by the key that their minting names.
    minted: Map<Text, u32>,
    /// Minted sessions by their full principal id, with their time of issue.
    tuples: Vec<(Text, i64, u32)>,
    /// Account and name of each role by its ARN, and the names of minting calls.
    roles: Map<Text, Option<(Text, Text)>>,
    apis: Map<(u16, u16), Text>,
    /// Minted sessions by account, name of the role and name of the session, where no event gives the id.
    named: Map<(Text, Text, Text), Vec<(i64, u32)>>,
    /// Minted credentials by what copies of their minting event share.
    shared: Map<(Text, u16), u32>,
    /// Keys that were used in several accounts, with the account that each is of.
    torn: Map<Text, Text>,
    /// Sessions that may be one of several minted ones.
    ambiguous: Map<u32, Vec<u32>>,
    /// Passwords by account and user, in order of time.
    passwords: Map<(Text, Text), Vec<(i64, u32)>>,
    /// MFA devices by their serial number, in order of time.
    devices: Map<Text, Vec<(i64, u32)>>,
    /// The ids of keys that are known by what was done to them only.
    named_keys: Map<u32, Text>,
    /// Keys under which credentials minted others, though services signed with them.
    more_keys: Vec<(u32, Text)>,
    /// Calls of the access portal, and of nodes for their pods, that have others mint.
    portals: Vec<u32>,
    pods: Vec<u32>,
    /// Sessions that asked for a sign-in URL, by principal.
    urls: Map<Text, Vec<(i64, u32)>>,
    /// Services and their workloads that were made, by all that tells them apart.
    services: Map<(Text, Text), u32>,
    workloads: Map<(u32, Text, &'static str, Text), u32>,
    problems: Problems,
}

impl Build {
    fn linked(facts: Facts, estate: &Production) -> (Build, Timelines) {
        let mut build = Build::new(facts);
        build.bear();
        build.assign_uses();
        build.describe();
        build.link();
        let timelines = build.denials(estate);
        build.guard();
        (build, timelines)
    }

    fn new(facts: Facts) -> Build {
        let Facts {
            strings,
            mut sightings,
            mut by_who,
            mut forwardings,
            mut mints,
            mut changes,
            recipients,
            first_event,
            last_event,
            untimed,
            minting,
            ..
        } = facts;
        let mut problems = Problems::default();
        for _ in 0..untimed {
            problems.add(ProblemKind::Other("mint-without-time"), || {
                "a minting or changing event without a time is left out".to_owned()
            });
        }
        let ranks = Ranks::new(&strings);
        ranks.order_mints(&mut mints);
        ranks.order_changes(&mut changes);
        ranks.order_forwardings(&mut forwardings);
        let place_of = ranks.order_sightings(&mut sightings);
        for place in &mut by_who {
            *place = place_of[*place as usize];
        }
        let minting_accounts = mints
            .iter()
            .filter(|minted| minted.mint().service == "sts")
            .map(|minted| minted.caller.recipient.or(minted.caller.who.account))
            .chain(minting)
            .collect();
        let omitted_at = mints
            .iter()
            .filter(|minted| minted.omitted && minted.field(Field::Key).is_empty())
            .map(|minted| minted.at)
            .collect();
        Build {
            minting_accounts,
            omitted_at,
            entries: Vec::with_capacity(mints.len() + sightings.len() / 8 + 1024),
            node_of_mint: vec![NONE; mints.len()],
            node_of_sighting: vec![NONE; sightings.len()],
            has_own_session: vec![false; sightings.len()],
            mints_of: Lists::default(),
            sightings_of: Lists::default(),
            callers: Callers::default(),
            strings,
            mints,
            sightings,
            by_who,
            forwardings,
            changes,
            recipients,
            first_event,
            last_event,
            by_hash: HashTable::new(),
            minted: Map::default(),
            tuples: Vec::new(),
            roles: Map::default(),
            apis: Map::default(),
            named: Map::default(),
            shared: Map::default(),
            torn: Map::default(),
            ambiguous: Map::default(),
            passwords: Map::default(),
            devices: Map::default(),
            named_keys: Map::default(),
            more_keys: Vec::new(),
            portals: Vec::new(),
            pods: Vec::new(),
            urls: Map::default(),
            services: Map::default(),
            workloads: Map::default(),
            problems,
        }
    }

    pub(crate) fn text(&self, text: Text) -> &str {
        self.strings.get(text)
    }

    /// The credential of some evidence, made if it is new.
    fn ensure(&mut self, evidence: &str, kind: Kind) -> u32 {
        self.ensure_hash(credential_hash(evidence), kind)
    }

    fn ensure_hash(&mut self, hash: CredentialHash, kind: Kind) -> u32 {
        let is_it = |known: &(CredentialHash, u32)| known.0 == hash;
        match self
            .by_hash
            .entry(place_of(&hash), is_it, |known| place_of(&known.0))
        {
            Slot::Occupied(known) => known.get().1,
            Slot::Vacant(slot) => {
                let node = self.entries.len() as u32;
                slot.insert((hash, node));
                self.entries.push(Entry::new(hash, kind));
                node
            }
        }
    }

    /// The credential that has an id of its own.
    fn by_hash(&self, hash: &CredentialHash) -> Option<u32> {
        let known = self.by_hash.find(place_of(hash), |known| known.0 == *hash);
        known.map(|known| known.1)
    }

    fn entry(&mut self, node: u32) -> &mut Entry {
        &mut self.entries[node as usize]
    }

    /// The credential of a session, by its principal and the second of its creation.
    fn ensure_session(&mut self, account: Text, principal: Text, created: i64, kind: Kind) -> u32 {
        let evidence = session_evidence(self.text(account), self.text(principal), created);
        self.ensure(&evidence, kind)
    }

    /// Minted sessions of a principal that were issued at an instant, give or take the clocks; exactly then if
    /// there are such.
    fn sessions_at(&self, principal: Text, at: i64) -> Vec<u32> {
        if at == NEVER {
            return Vec::new();
        }
        let slack = crate::limits::CLOCKS_S * SECOND;
        let before = |tuple: &(Text, i64, u32)| (tuple.0, tuple.1) < (principal, at - slack);
        let from = self.tuples.partition_point(before);
        let near: Vec<(i64, u32)> = self.tuples[from..]
            .iter()
            .take_while(|tuple| tuple.0 == principal && tuple.1 <= at + slack)
            .map(|tuple| (tuple.1, tuple.2))
            .collect();
        at_instant(&near, at)
    }

    /// Account and name of the role that an ARN names, and with them the name of a session.
    fn role_of(&mut self, arn: Text) -> Option<(Text, Text)> {
        if let Some(known) = self.roles.get(&arn) {
            return *known;
        }
        let parts = role_parts(self.strings.get(arn))
            .map(|(account, name)| (account.to_owned(), name.to_owned()));
        let found = parts
            .map(|(account, name)| (self.strings.intern(&account), self.strings.intern(&name)));
        // Roles are few; the ARNs of sessions are not.
        if self.strings.get(arn).contains(":role/") {
            self.roles.insert(arn, found);
        }
        found
    }

    /// As in `sts:AssumeRole`.
    fn api(&mut self, minted: &Minted) -> Text {
        let key = (minted.row, minted.action);
        match self.apis.get(&key) {
            Some(known) => *known,
            None => {
                let api = self.strings.intern(&minted.api());
                self.apis.insert(key, api);
                api
            }
        }
    }

    fn problem(&mut self, kind: &'static str, example: impl FnOnce(&Strings) -> String) {
        let strings = &self.strings;
        self.problems
            .add(ProblemKind::Other(kind), || example(strings));
    }
}

/// What the key of a session is made from, as `trail` makes it.
pub(crate) fn session_evidence(account: &str, principal: &str, created: i64) -> String {
    // Made for every session, where `format!` would cost as much as the hash.
    let mut evidence = String::with_capacity(account.len() + principal.len() + 30);
    for part in [account, "|", principal, "|", &format_time(created)] {
        evidence.push_str(part);
    }
    evidence
}

/// Account and name of a role by the ARN of the role, or of one of its sessions.
pub(crate) fn role_parts(arn: &str) -> Option<(&str, &str)> {
    let parsed = Arn::parse(arn)?;
    match parsed.assumed_role() {
        Some((role, _)) => Some((parsed.account, role)),
        None => {
            let path = parsed.resource.strip_prefix("role/")?;
            Some((parsed.account, path.rsplit('/').next()?))
        }
    }
}

/// The elements of a list ordered by time that lie at an instant: exactly, or else within the clocks.
pub(crate) fn at_instant(list: &[(i64, u32)], at: i64) -> Vec<u32> {
    if at == NEVER {
        return Vec::new();
    }
    let slack = crate::limits::CLOCKS_S * SECOND;
    let from = list.partition_point(|(time, _)| *time < at - slack);
    let near = list[from..]
        .iter()
        .take_while(|(time, _)| *time <= at + slack);
    let exact: Vec<u32> = near
        .clone()
        .filter(|(time, _)| *time == at)
        .map(|(_, node)| *node)
        .collect();
    let mut found = match exact.is_empty() {
        true => near.map(|(_, node)| *node).collect(),
        false => exact,
    };
    found.dedup();
    found
}

/// Whether an instant is known.
pub(crate) fn known(at: i64) -> Option<i64> {
    (at != NEVER).then_some(at)
}
