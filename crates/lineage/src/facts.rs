//! What is known of the credentials of some events, before they are linked.
//!
//! Batches go in, in any order and on any number of threads; what threads have gathered is merged in any
//! order. Memory follows the number of credentials: a use is added to its credential's sums, and only events
//! that mint or change a credential are kept one by one. Whoever feeds events drops duplicates before.

use arrow_array::RecordBatch;
use hashbrown::HashTable;
use keyline_trail::partition::service_name;
use keyline_trail::{Column, ColumnTest, Conjunction, Detail, Prefilter, Projection, Test};
use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::columns::{self, Columns};
use crate::deed::{Caller, Changed, Minted, NAMES, detailed, number_of_name, provider};
use crate::outline::Outline;
use crate::production::Production;
use crate::quick::Set;
use crate::recent::{Recent, Slot, spelling};
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
    pub(crate) recipients: Set<Text>,
    pub(crate) first_event: Option<i64>,
    pub(crate) last_event: Option<i64>,
    pub(crate) events: u64,
    /// Minting and changing events without a time.
    pub(crate) untimed: u64,
    /// Accounts in whose trails sessions are minted, as far as the minting events are not taken in.
    pub(crate) minting: Set<Text>,
    /// Events dated later than this never set `last_event`.
    horizon: Option<i64>,
    watched: Production,
    /// Where calls are counted, by all that their records say of the caller.
    slots: HashTable<(u128, Slot)>,
    recent: Option<Box<Recent>>,
}

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

    /// Says what is true of all of the data, where only some of its events are taken in: the times of its first and
    /// last event, the accounts whose trails it holds, and where sessions are minted. Why a parent is unknown is
    /// judged by these.
    pub(crate) fn covering(mut self, all: &Outline) -> Facts {
        (self.first_event, self.last_event) = (all.first_event, all.last_event);
        let Facts {
            strings,
            recipients,
            minting,
            ..
        } = &mut self;
        recipients.extend(all.recipients.iter().map(|account| strings.intern(account)));
        minting.extend(all.minting.iter().map(|account| strings.intern(account)));
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
        let mut recent = self.recent.take().unwrap_or_default();
        recent.begin(&columns);
        let names = &NAMES.1;
        for row in 0..columns.len() {
            let time = columns.time(row);
            if time != NEVER && self.horizon.is_none_or(|horizon| time <= horizon) {
                self.first_event = Some(self.first_event.map_or(time, |first| first.min(time)));
                self.last_event = Some(self.last_event.map_or(time, |last| last.max(time)));
            }
            let name = number_of_name(&columns, row);
            let service = columns.is_from_service(row);
            let mut slot = recent.caller(&columns, row, service);
            if slot == Slot::Unknown {
                let print = recent.print(&columns, row, service);
                slot = self.slot_of(print, &columns, row, service);
                recent.set(slot);
            }
            let failed = columns.failed(row);
            match slot {
                Slot::Sighting(_) if names[name].is_sign_in => {}
                Slot::Sighting(place) => {
                    let proves = !names[name].always_allowed;
                    let usage = &mut self.sightings[place as usize].usage;
                    usage.count(time, failed, proves);
                    self.count_source(place, &mut recent, &columns, row);
                    self.count_agent(place, &mut recent, &columns, row);
                    if !self.watched.assets.is_empty() {
                        self.watch(place, columns.detail(Column::Resources, row));
                    }
                }
                Slot::Forwarding(place, key) => {
                    let mut call = Forwarded::new(columns.created(row), key);
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
                self.take_deed(&columns, &mut recent, row, name);
            }
        }
        self.events += columns.len() as u64;
        self.recent = Some(recent);
    }

    #[inline(always)]
    fn count_source(&mut self, place: u32, recent: &mut Recent, columns: &Columns<'_>, row: usize) {
        let usage = &mut self.sightings[place as usize].usage;
        let view = columns.address_view(row);
        let known = recent.address(view);
        let at = known.and_then(|text| usage.known_source(text)).or_else(|| {
            let at = usage.source(&spelling(columns.address(row)), &mut self.strings)?;
            recent.set_address(view, usage.sources[at].address);
            Some(at)
        });
        let time = columns.time(row);
        if let Some(at) = at {
            let source = &mut usage.sources[at];
            source.events = source.events.saturating_add(1);
            if time != NEVER {
                source.first = source.first.min(time);
                source.last = source.last.max(time);
            }
        }
    }

    #[inline(always)]
    fn count_agent(&mut self, place: u32, recent: &mut Recent, columns: &Columns<'_>, row: usize) {
        let sighting = &mut self.sightings[place as usize];
        let usage = &mut sighting.usage;
        let view = columns.agent_view(row);
        let known = recent.agent(view);
        let at = known.and_then(|text| usage.known_agent(text)).or_else(|| {
            let text = columns.agent(row);
            let before = usage.agents.len();
            let at = usage.agent(text, &mut self.strings);
            // What an agent says is noted when it is first seen, or every time if it is not kept.
            let is_new = at.is_none_or(|at| at >= before) || usage.more_agents;
            if is_new {
                sighting.flags.add(agent_flags(text));
            }
            let at = at?;
            recent.set_agent(view, usage.agents[at].agent);
            Some(at)
        });
        let time = columns.time(row);
        if let Some(at) = at
            && time != NEVER
        {
            let agent = &mut usage.agents[at];
            agent.first = agent.first.min(time);
        }
    }

    fn watch(&mut self, place: u32, resources: &str) {
        let sighting = &mut self.sightings[place as usize];
        if !sighting.flags.has(Flags::PRODUCTION) && touches(&self.watched, resources) {
            sighting.flags.add(Flags::PRODUCTION);
        }
    }

    /// Where a caller's calls are counted: known by all that its record says of it, or looked at now.
    fn slot_of(&mut self, print: u128, columns: &Columns<'_>, row: usize, service: bool) -> Slot {
        let known = self.slots.find(print as u64, |known| known.0 == print);
        if let Some((_, slot)) = known {
            return *slot;
        }
        let slot = self.identify(columns, row, service);
        self.slots
            .insert_unique(print as u64, (print, slot), |known| known.0 as u64);
        slot
    }

    /// Finds where a caller's calls are counted, and notes what its record says of it.
    fn identify(&mut self, columns: &Columns<'_>, row: usize, service: bool) -> Slot {
        let recipient = columns.caller_text(16, row);
        if !recipient.is_empty() {
            let recipient = self.strings.intern(recipient);
            self.recipients.insert(recipient);
        }
        let caller = CallerType::of(columns.caller_text(3, row));
        let (account, principal) = (columns.caller_text(2, row), columns.caller_text(1, row));
        let shown = shown_by(columns, row, caller);
        if shown.is_forwarded(columns.caller_text(5, row), principal, service) {
            // Services have a key for nearly every call: not one of them is kept.
            let account = self.strings.intern(account);
            let principal = self.strings.intern(principal);
            let key = KeyMark::of(shown.key);
            return Slot::Forwarding(self.forwarding(account, principal), key);
        }
        let Some(who) = self.who(columns, row, &shown) else {
            return Slot::Nothing;
        };
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
        // The sign-in service calls as the console.
        if service_name(columns.caller_text(5, row)) == "signin" {
            sighting.flags.add(Flags::CONSOLE_AGENT);
        }
        if !columns.caller_text(10, row).is_empty() {
            sighting.flags.add(Flags::METADATA);
        }
        let account = match recipient.is_empty() {
            true => account,
            false => recipient,
        };
        sighting.usage.account(account, &mut self.strings);
        Slot::Sighting(place)
    }

    /// What tells the caller of a row from others; nothing where no credential was used.
    fn who(&mut self, columns: &Columns<'_>, row: usize, shown: &Shown<'_>) -> Option<Who> {
        let principal = columns.caller_text(1, row);
        let session = shown.created != NEVER && !principal.is_empty();
        if shown.key.is_empty() && shown.bearer.is_empty() && !session {
            return None;
        }
        Some(Who {
            account: self.strings.intern(columns.caller_text(2, row)),
            principal: self.strings.intern(principal),
            key: self.strings.intern(shown.key),
            bearer: self.strings.intern(shown.bearer),
            created: shown.created,
        })
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
    fn take_deed(&mut self, columns: &Columns<'_>, recent: &mut Recent, row: usize, name: usize) {
        let named = &NAMES.1[name];
        if named.mints.is_empty() && named.controls.is_empty() {
            return;
        }
        let caller_type = columns.caller_text(3, row);
        let mut caller = match recent.last_caller() {
            Some(caller) => caller,
            None => {
                let caller = self.caller(columns, row, CallerType::of(caller_type));
                recent.set_caller(caller);
                caller
            }
        };
        let strings = &mut self.strings;
        caller.provider = strings.intern(&provider(columns, row));
        let minted = Minted::read(columns, row, named, &caller, caller_type, strings);
        let changed = Changed::read(columns, row, named, &caller, strings);
        if (minted.is_some() || changed.is_some()) && columns.time(row) == NEVER {
            self.untimed += 1;
            return;
        }
        self.mints.extend(minted);
        self.changes.extend(changed);
    }

    /// What a row says of who made a minting or changing call, save for the provider.
    fn caller(&mut self, columns: &Columns<'_>, row: usize, kind: CallerType) -> Caller {
        let shown = shown_by(columns, row, kind);
        let invoked_by = columns.caller_text(5, row);
        let service = columns.is_from_service(row);
        let forwarded = shown.is_forwarded(invoked_by, columns.caller_text(1, row), service);
        let mut who = self.who(columns, row, &shown).unwrap_or(Who::NOBODY);
        let strings = &mut self.strings;
        who.account = strings.intern(columns.caller_text(2, row));
        who.principal = strings.intern(columns.caller_text(1, row));
        Caller {
            who,
            kind,
            arn: strings.intern(columns.caller_text(4, row)),
            user: strings.intern(columns.caller_text(6, row)),
            service: strings.intern(columns.caller_text(5, row)),
            provider: Text::EMPTY,
            person: strings.intern(columns.caller_text(7, row)),
            store: strings.intern(columns.caller_text(8, row)),
            recipient: strings.intern(columns.caller_text(16, row)),
            forwarded,
        }
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
        for (into, other) in [
            (&mut into.recipients, other.recipients),
            (&mut into.minting, other.minting),
        ] {
            into.extend(other.into_iter().map(|text| to.of(text)));
        }
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

/// The key, the bearer token and the session that a record shows.
struct Shown<'a> {
    key: &'a str,
    bearer: &'a str,
    created: i64,
}

fn shown_by<'a>(columns: &Columns<'a>, row: usize, caller: CallerType) -> Shown<'a> {
    let key = match columns.caller_text(0, row) {
        key if is_key(key) && caller.has_keys() => key,
        _ => "",
    };
    let bearer = match (columns.caller_text(13, row), key, caller) {
        ("", "", CallerType::IdentityCenterUser | CallerType::Other) => {
            columns.caller_text(15, row)
        }
        (sign_in, ..) => sign_in,
    };
    let long_term =
        matches!(caller, CallerType::IamUser | CallerType::Root) && key.starts_with("AKIA");
    let created = match caller.has_keys() && !long_term {
        true => columns.created(row),
        false => NEVER,
    };
    Shown {
        key,
        bearer,
        created,
    }
}

impl Shown<'_> {
    fn is_forwarded(&self, invoked_by: &str, principal: &str, from_service: bool) -> bool {
        self.created != NEVER && !principal.is_empty() && is_forwarded(invoked_by, from_service)
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
