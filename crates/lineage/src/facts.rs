//! What is known of the credentials of some events, before they are linked.
//!
//! Batches go in, in any order and on any number of threads; what threads have gathered is merged in any
//! order. Memory follows the number of credentials: a use is added to its credential's sums, and only events
//! that mint or change a credential are kept one by one. Whoever feeds events drops duplicates before.

use std::collections::HashSet;

use arrow_array::RecordBatch;
use hashbrown::HashTable;
use keyline_trail::{
    Column, ColumnTest, Conjunction, Detail, Prefilter, Projection, Test, address,
};
use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::columns::{self, CALLER, Columns};
use crate::deed::{Caller, Changed, Minted, NAMES, detailed, provider};
use crate::production::Production;
use crate::sighting::{
    CallerType, Flags, Forwarded, Forwarding, KeyMark, Sighting, Who, agent_flags, is_forwarded,
    is_key, settle,
};
use crate::strings::{Renumbering, Strings, Text};
use crate::usage::NEVER;

/// Facts about credentials, gathered from events.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    pub(crate) strings: Strings,
    pub(crate) sightings: Vec<Sighting>,
    by_who: HashTable<u32>,
    pub(crate) forwardings: Vec<Forwarding>,
    by_principal: HashTable<u32>,
    pub(crate) mints: Vec<Minted>,
    pub(crate) changes: Vec<Changed>,
    /// The accounts whose trails the events come from.
    pub(crate) recipients: HashSet<Text>,
    pub(crate) first_event: Option<i64>,
    pub(crate) last_event: Option<i64>,
    pub(crate) events: u64,
    /// Minting and changing events without a time.
    pub(crate) untimed: u64,
    /// Events dated later than this never set `last_event`.
    horizon: Option<i64>,
    watched: Production,
}

/// Callers of this batch by their views: nearly every event has the caller of one a moment ago.
struct Recent {
    known: Vec<Known>,
    names: Vec<(u128, u16)>,
}

#[derive(Clone)]
struct Known {
    views: [u128; CALLER.len()],
    created: i64,
    flags: u8,
    slot: Slot,
    address: u128,
    address_text: Text,
    address_place: u32,
    agent: u128,
    agent_text: Text,
    agent_place: u32,
}

/// Where the calls of a caller are counted.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Slot {
    Unknown,
    /// The caller has no credential.
    Nothing,
    Sighting(u32),
    Forwarding(u32, KeyMark),
}

/// How many callers and names are remembered; powers of two.
const RECENT: usize = 256;
/// A view that no text has: its length would be longer than its buffer.
const NO_VIEW: u128 = u128::MAX;

impl Facts {
    /// Facts that also note which credentials touch a production asset, which costs the column `Resources`
    /// of every event.
    pub fn watching(production: &Production) -> Facts {
        Facts {
            watched: production.clone(),
            ..Facts::default()
        }
    }

    /// Events later than this (microseconds since 1970) never set the last event's time.
    pub fn with_horizon(mut self, horizon: Option<i64>) -> Facts {
        self.horizon = horizon;
        self
    }

    /// The columns that are needed of every event.
    pub fn columns() -> Projection {
        columns::narrow()
    }

    /// The columns that are needed of every event by these facts: those of [`Facts::columns`], and
    /// `Resources` if production assets are watched.
    pub fn wanted(&self) -> Projection {
        match self.watched.assets.is_empty() {
            true => columns::narrow(),
            false => columns::narrow().with(Column::Resources),
        }
    }

    /// The columns that are needed of minting and changing events only, and which those are. A batch may
    /// just as well have them filled for every event.
    pub fn detail() -> Detail {
        Detail {
            projection: columns::wide(),
            prefilter: Prefilter {
                any_of: vec![Conjunction {
                    tests: vec![
                        ColumnTest {
                            column: Column::EventName,
                            test: Test::In(detailed()),
                        },
                        ColumnTest {
                            column: Column::ErrorCode,
                            test: Test::In(vec![String::new()]),
                        },
                    ],
                    ..Conjunction::default()
                }],
            },
        }
    }

    /// How many events were taken in.
    pub fn events(&self) -> u64 {
        self.events
    }

    /// Takes in a batch of events, of trail's columns.
    pub fn observe(&mut self, rows: &RecordBatch) {
        let columns = Columns::new(rows);
        let mut recent = Recent {
            known: vec![Known::unknown(); RECENT],
            names: vec![(NO_VIEW, 0); RECENT],
        };
        let names = &NAMES.1;
        for row in 0..columns.len() {
            let time = columns.time(row);
            if time != NEVER && self.horizon.is_none_or(|horizon| time <= horizon) {
                self.first_event = Some(self.first_event.map_or(time, |first| first.min(time)));
                self.last_event = Some(self.last_event.map_or(time, |last| last.max(time)));
            }
            let name = recent.name(&columns, row);
            let known = recent.caller(&columns, row);
            if known.slot == Slot::Unknown {
                known.slot = self.identify(&columns, row);
            }
            let failed = columns.failed(row);
            match known.slot {
                Slot::Sighting(_) if names[name].is_sign_in => {}
                Slot::Sighting(place) => {
                    self.count(
                        place,
                        known,
                        &columns,
                        row,
                        failed,
                        !names[name].always_allowed,
                    );
                }
                Slot::Forwarding(place, key) => {
                    let mut call = Forwarded::new(known.created, key);
                    call.events = 1;
                    call.errors = u64::from(failed);
                    if time != NEVER {
                        (call.first, call.last) = (time, time);
                        if !failed {
                            call.last_success = time;
                        }
                    }
                    self.forwardings[place as usize].add(&call);
                }
                Slot::Unknown | Slot::Nothing => {}
            }
            if name != 0 && !failed {
                self.take_deed(&columns, row, name);
            }
        }
        self.events += columns.len() as u64;
    }

    #[inline(always)]
    fn count(
        &mut self,
        place: u32,
        known: &mut Known,
        columns: &Columns<'_>,
        row: usize,
        failed: bool,
        proves: bool,
    ) {
        let sighting = &mut self.sightings[place as usize];
        let usage = &mut sighting.usage;
        let time = columns.time(row);
        usage.count(time, failed, proves);
        let view = columns.address_view(row);
        let same = known.address == view
            && usage
                .sources
                .get(known.address_place as usize)
                .is_some_and(|source| source.address == known.address_text);
        if !same {
            let text = columns.address(row);
            let canonical = match text.is_empty() {
                true => String::new(),
                false => address::canonical(text),
            };
            let text = if canonical.is_empty() {
                text
            } else {
                &canonical
            };
            let found = usage.source(text, &mut self.strings);
            known.address = if found.is_some() { view } else { NO_VIEW };
            known.address_place = found.map_or(u32::MAX, |at| at as u32);
            known.address_text = found.map_or(Text::EMPTY, |at| usage.sources[at].address);
        }
        if let Some(source) = usage.sources.get_mut(known.address_place as usize) {
            source.events = source.events.saturating_add(1);
            if time != NEVER {
                source.first = source.first.min(time);
                source.last = source.last.max(time);
            }
        }
        let view = columns.agent_view(row);
        let same = known.agent == view
            && usage
                .agents
                .get(known.agent_place as usize)
                .is_some_and(|agent| agent.agent == known.agent_text);
        if !same {
            let text = columns.agent(row);
            sighting.flags.add(agent_flags(text));
            let found = usage.agent(text, &mut self.strings);
            known.agent = if found.is_some() { view } else { NO_VIEW };
            known.agent_place = found.map_or(u32::MAX, |at| at as u32);
            known.agent_text = found.map_or(Text::EMPTY, |at| usage.agents[at].agent);
        }
        if time != NEVER
            && let Some(agent) = usage.agents.get_mut(known.agent_place as usize)
        {
            agent.first = agent.first.min(time);
        }
        if !self.watched.assets.is_empty()
            && !sighting.flags.has(Flags::PRODUCTION)
            && touches(&self.watched, columns.detail(Column::Resources, row))
        {
            sighting.flags.add(Flags::PRODUCTION);
        }
    }

    /// Finds where a caller's calls are counted, and notes what its record says of it.
    fn identify(&mut self, columns: &Columns<'_>, row: usize) -> Slot {
        let recipient = columns.caller_text(16, row);
        if !recipient.is_empty() {
            let recipient = self.strings.intern(recipient);
            self.recipients.insert(recipient);
        }
        let caller = CallerType::of(columns.caller_text(3, row));
        let (who, forwarded) = self.who(columns, row, caller);
        let Some(who) = who else {
            return Slot::Nothing;
        };
        if forwarded {
            let key = KeyMark::of(self.strings.get(who.key));
            return Slot::Forwarding(self.forwarding(who.account, who.principal), key);
        }
        let place = self.sighting(who, caller);
        let sighting = &mut self.sightings[place as usize];
        sighting.caller = sighting.caller.min(caller);
        let web = match columns.caller_text(14, row) {
            "{}" | "null" => "",
            web => web,
        };
        let texts = [
            columns.caller_text(4, row),
            columns.caller_text(6, row),
            columns.caller_text(9, row),
            columns.caller_text(12, row),
            columns.caller_text(7, row),
            columns.caller_text(8, row),
            columns.caller_text(11, row),
            web,
        ];
        for (known, text) in sighting.attributes().into_iter().zip(texts) {
            settle(known, text, &mut self.strings);
        }
        let bits = columns.flags(row);
        for (mask, flag) in [
            (0b10, Flags::MFA),
            (0b10_00, Flags::ASSUMED_ROOT),
            (0b10_00_00, Flags::CONSOLE),
        ] {
            if bits & mask != 0 {
                sighting.flags.add(flag);
            }
        }
        if bits & 0b11 == 0b01 {
            sighting.flags.add(Flags::NO_MFA);
        }
        if !columns.caller_text(5, row).is_empty() {
            // The sign-in service calls as the console.
            let invoked_by = keyline_trail::partition::service_name(columns.caller_text(5, row));
            if invoked_by == "signin" {
                sighting.flags.add(Flags::CONSOLE_AGENT);
            }
        }
        if !columns.caller_text(10, row).is_empty() {
            sighting.flags.add(Flags::METADATA);
        }
        let account = match recipient.is_empty() {
            true => columns.caller_text(2, row),
            false => recipient,
        };
        sighting.usage.account(account, &mut self.strings);
        Slot::Sighting(place)
    }

    /// What tells the caller of a row from others, and whether a service called on its behalf; nothing where
    /// no credential was used.
    fn who(
        &mut self,
        columns: &Columns<'_>,
        row: usize,
        caller: CallerType,
    ) -> (Option<Who>, bool) {
        let key = Some(columns.caller_text(0, row)).filter(|key| is_key(key) && caller.has_keys());
        let principal = columns.caller_text(1, row);
        let sign_in = columns.caller_text(13, row);
        let bearer = match (sign_in, key, caller) {
            ("", None, CallerType::IdentityCenterUser | CallerType::Other) => {
                columns.caller_text(15, row)
            }
            (sign_in, ..) => sign_in,
        };
        let long_term = matches!(caller, CallerType::IamUser | CallerType::Root)
            && key.is_some_and(|key| key.starts_with("AKIA"));
        let created = match caller.has_keys() && !long_term {
            true => columns.created(row),
            false => NEVER,
        };
        if key.is_none() && bearer.is_empty() && (created == NEVER || principal.is_empty()) {
            return (None, false);
        }
        let who = Who {
            account: self.strings.intern(columns.caller_text(2, row)),
            principal: self.strings.intern(principal),
            key: self.strings.intern(key.unwrap_or_default()),
            bearer: self.strings.intern(bearer),
            created,
        };
        let forwarded = created != NEVER
            && !principal.is_empty()
            && is_forwarded(columns.caller_text(5, row), columns.address(row));
        (Some(who), forwarded)
    }

    fn sighting(&mut self, who: Who, caller: CallerType) -> u32 {
        let sightings = &mut self.sightings;
        let hash = hash_of(&who);
        let found = self
            .by_who
            .find(hash, |place| sightings[*place as usize].who == who);
        if let Some(place) = found {
            return *place;
        }
        let place = sightings.len() as u32;
        sightings.push(Sighting::new(who, caller));
        self.by_who.insert_unique(hash, place, |place| {
            hash_of(&sightings[*place as usize].who)
        });
        place
    }

    fn forwarding(&mut self, account: Text, principal: Text) -> u32 {
        let groups = &mut self.forwardings;
        let hash = hash_of_principal(account, principal);
        let found = self.by_principal.find(hash, |place| {
            let group = &groups[*place as usize];
            (group.account, group.principal) == (account, principal)
        });
        if let Some(place) = found {
            return *place;
        }
        let place = groups.len() as u32;
        groups.push(Forwarding::new(account, principal));
        self.by_principal.insert_unique(hash, place, |place| {
            let group = &groups[*place as usize];
            hash_of_principal(group.account, group.principal)
        });
        place
    }

    /// Notes what a minting or changing event does.
    fn take_deed(&mut self, columns: &Columns<'_>, row: usize, name: usize) {
        let named = &NAMES.1[name];
        if named.mints.is_empty() && named.controls.is_empty() {
            return;
        }
        let caller_type = columns.caller_text(3, row);
        let kind = CallerType::of(caller_type);
        let (who, forwarded) = self.who(columns, row, kind);
        let mut who = who.unwrap_or(Who::NOBODY);
        let strings = &mut self.strings;
        who.account = strings.intern(columns.caller_text(2, row));
        who.principal = strings.intern(columns.caller_text(1, row));
        let caller = Caller {
            who,
            kind,
            arn: strings.intern(columns.caller_text(4, row)),
            user: strings.intern(columns.caller_text(6, row)),
            service: strings.intern(columns.caller_text(5, row)),
            provider: strings.intern(&provider(columns, row)),
            person: strings.intern(columns.caller_text(7, row)),
            store: strings.intern(columns.caller_text(8, row)),
            recipient: strings.intern(columns.caller_text(16, row)),
            forwarded,
        };
        let minted = Minted::read(columns, row, named, &caller, caller_type, strings);
        let changed = Changed::read(columns, row, named, &caller, strings);
        if (minted.is_some() || changed.is_some()) && columns.time(row) == NEVER {
            self.untimed += 1;
            return;
        }
        self.mints.extend(minted);
        self.changes.extend(changed);
    }

    /// The facts of both. They must have the same horizon and watch the same assets.
    pub fn merge(self, other: Facts) -> Facts {
        // The smaller is taken into the larger.
        let (mut into, other) = match self.strings.len() >= other.strings.len() {
            true => (self, other),
            false => (other, self),
        };
        let to = Renumbering::new(&other.strings, &mut into.strings);
        for mut sighting in other.sightings {
            let mut who = sighting.who;
            who.renumber(&to);
            let place = into.sighting(who, sighting.caller) as usize;
            let texts = sighting.attributes().map(|text| to.of(*text));
            let known = &mut into.sightings[place];
            known.caller = known.caller.min(sighting.caller);
            known.flags.add(sighting.flags);
            for (known, text) in known.attributes().into_iter().zip(texts) {
                let smaller = into.strings.get(text) < into.strings.get(*known);
                if !text.is_empty() && (known.is_empty() || smaller) {
                    *known = text;
                }
            }
            known.usage.add(&sighting.usage, Some(&to), &into.strings);
        }
        for group in other.forwardings {
            let place = into.forwarding(to.of(group.account), to.of(group.principal)) as usize;
            for session in &group.sessions {
                into.forwardings[place].add(session);
            }
            if let Some(later) = &group.later {
                into.forwardings[place].add_later(later);
            }
        }
        into.mints.extend(other.mints.into_iter().map(|mut minted| {
            minted.renumber(&to);
            minted
        }));
        into.changes
            .extend(other.changes.into_iter().map(|mut changed| {
                changed.renumber(&to);
                changed
            }));
        into.recipients
            .extend(other.recipients.into_iter().map(|text| to.of(text)));
        let pair = |a: Option<i64>, b: Option<i64>, pick: fn(i64, i64) -> i64| match (a, b) {
            (Some(a), Some(b)) => Some(pick(a, b)),
            (a, b) => a.or(b),
        };
        into.first_event = pair(into.first_event, other.first_event, i64::min);
        into.last_event = pair(into.last_event, other.last_event, i64::max);
        into.events += other.events;
        into.untimed += other.untimed;
        into
    }
}

impl Recent {
    /// The number of an event's name.
    #[inline(always)]
    fn name(&mut self, columns: &Columns<'_>, row: usize) -> usize {
        let view = columns.name_view(row);
        let place = (view ^ view >> 64) as usize;
        let place = (place ^ place >> 32) % RECENT;
        let known = &mut self.names[place];
        if known.0 != view {
            let number = NAMES.0.get(columns.name(row)).copied().unwrap_or(0);
            *known = (view, number);
        }
        known.1 as usize
    }

    /// The place of a row's caller, with an unknown slot if it is new here.
    #[inline(always)]
    fn caller(&mut self, columns: &Columns<'_>, row: usize) -> &mut Known {
        let views = columns.caller(row);
        let created = columns.created(row);
        let flags = columns.flags(row);
        let mixed = views[0] ^ views[1].rotate_left(17) ^ views[5].rotate_left(40);
        let mixed = (mixed ^ mixed >> 64) as u64 ^ created as u64;
        let place = (mixed.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as usize % RECENT;
        let known = &mut self.known[place];
        if known.views != views || known.created != created || known.flags != flags {
            *known = Known {
                views,
                created,
                flags,
                ..Known::unknown()
            };
        }
        known
    }
}

impl Known {
    fn unknown() -> Known {
        Known {
            views: [NO_VIEW; CALLER.len()],
            created: NEVER,
            flags: 0,
            slot: Slot::Unknown,
            address: NO_VIEW,
            address_text: Text::EMPTY,
            address_place: u32::MAX,
            agent: NO_VIEW,
            agent_text: Text::EMPTY,
            agent_place: u32::MAX,
        }
    }
}

fn hash_of(who: &Who) -> u64 {
    let mut bytes = [0; 24];
    for (part, text) in [who.account, who.principal, who.key, who.bearer]
        .into_iter()
        .enumerate()
    {
        bytes[4 * part..4 * part + 4].copy_from_slice(&text.0.to_le_bytes());
    }
    bytes[16..].copy_from_slice(&who.created.to_le_bytes());
    xxh3_64_with_seed(&bytes, 0)
}

fn hash_of_principal(account: Text, principal: Text) -> u64 {
    let both = u64::from(account.0) << 32 | u64::from(principal.0);
    xxh3_64_with_seed(&both.to_le_bytes(), 1)
}

/// Whether any of an event's resources is a production asset.
fn touches(production: &Production, resources: &str) -> bool {
    let mut rest = resources;
    while let Some(at) = rest.find("\"arn:") {
        let arn = &rest[at + 1..];
        let end = arn.find('"').unwrap_or(arn.len());
        if production.has_asset(&arn[..end]) {
            return true;
        }
        rest = &arn[end..];
    }
    false
}
