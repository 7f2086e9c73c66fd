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

use crate::columns::{self, Columns, DELEGATE, INVOKED_BY, RECIPIENT, WEB};
use crate::deed::{Caller, Changed, Minted, NAMES, detailed, provider};
use crate::outline::Outline;
use crate::production::Production;
use crate::quick::Set;
use crate::recent::{NO_VIEW, Recent, spelling};
use crate::sighting::{
    CallerType, Flags, Forwarded, Forwarding, KeyMark, Sighting, Who, agent_flags, is_forwarded,
    is_key, settle,
};
use crate::strings::{Renumbering, Strings, Text};
use crate::usage::{NEVER, Usage};

/// Facts about credentials, gathered from events.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    pub(crate) strings: Strings,
    pub(crate) sightings: Vec<Sighting>,
    pub(crate) by_who: HashTable<u32>,
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
    /// Where calls are counted, by all that their records say of the caller; nothing where it has no credential.
    slots: HashTable<(u128, Option<u32>)>,
    recent: Option<Box<Recent>>,
    /// The callers of the batch at hand that are counted by themselves.
    callers: Vec<u32>,
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

    /// The times of the first and the last event, those beyond the horizon left out.
    pub fn span(&self) -> Option<(i64, i64)> {
        self.first_event.zip(self.last_event)
    }

    /// Takes in a batch of events, of trail's columns.
    pub fn observe(&mut self, rows: &RecordBatch) {
        let columns = Columns::new(rows);
        let mut recent = self.recent.take().unwrap_or_default();
        recent.begin(&columns);
        self.note_times(&columns);
        let mut callers = std::mem::take(&mut self.callers);
        callers.clear();
        for caller in 0..recent.callers() {
            let row = recent.row(recent.rows_of(caller).start);
            match self.forwarding_of(&columns, &mut recent, row) {
                Some((place, key)) => {
                    let calls = forwarded(&recent, &columns, caller, key);
                    self.forwardings[place as usize].add(&calls);
                }
                None => callers.push(caller as u32),
            }
        }
        let prints = recent.take_prints(&columns, &callers).to_vec();
        for (caller, print) in callers.iter().zip(prints) {
            let caller = *caller as usize;
            if let Some(place) = self.sighting_of(&columns, &mut recent, caller, print) {
                self.count_calls(place, &mut recent, &columns, caller);
            }
        }
        self.callers = callers;
        for row in 0..columns.len() {
            let name = recent.name(row);
            if name != 0 && !columns.failed(row) {
                self.take_deed(&columns, &mut recent, row, name);
            }
        }
        self.events += columns.len() as u64;
        self.recent = Some(recent);
    }

    fn note_times(&mut self, columns: &Columns<'_>) {
        let horizon = self.horizon.unwrap_or(i64::MAX);
        let mut span: Option<(i64, i64)> = None;
        for time in (0..columns.len()).map(|row| columns.time(row)) {
            if time != NEVER && time <= horizon {
                let (first, last) = span.unwrap_or((time, time));
                span = Some((first.min(time), last.max(time)));
            }
        }
        if let Some((first, last)) = span {
            self.first_event = Some(self.first_event.map_or(first, |known| known.min(first)));
            self.last_event = Some(self.last_event.map_or(last, |known| known.max(last)));
        }
    }

    /// Adds the calls of one caller of a batch to its sums.
    #[inline(never)]
    fn count_calls(
        &mut self,
        place: u32,
        recent: &mut Recent,
        columns: &Columns<'_>,
        caller: usize,
    ) {
        let names = &NAMES.1;
        let watches = !self.watched.assets.is_empty();
        // Nearly every call comes from where the last one came from, with the same agent.
        let (mut source, mut agent) = ((NO_VIEW, None), (NO_VIEW, None));
        for at in recent.rows_of(caller) {
            let row = recent.row(at);
            let name = &names[recent.name(row)];
            if name.is_sign_in {
                continue;
            }
            let sighting = &mut self.sightings[place as usize];
            let time = columns.time(row);
            let proves = !name.always_allowed;
            sighting.usage.count(time, columns.failed(row), proves);
            let view = columns.address_view(row);
            if source.0 != view {
                let usage = &mut sighting.usage;
                source = (
                    view,
                    source_of(usage, &mut self.strings, recent, columns, row),
                );
            }
            let view = columns.agent_view(row);
            if agent.0 != view {
                agent = (
                    view,
                    agent_of(sighting, &mut self.strings, recent, columns, row),
                );
            }
            let usage = &mut sighting.usage;
            if let Some(at) = source.1 {
                let source = &mut usage.sources[at];
                source.events = source.events.saturating_add(1);
                if time != NEVER {
                    source.first = source.first.min(time);
                    source.last = source.last.max(time);
                }
            }
            if let Some(at) = agent.1
                && time != NEVER
            {
                let agent = &mut usage.agents[at];
                agent.first = agent.first.min(time);
            }
            if watches {
                self.watch(place, columns.detail(Column::Resources, row));
            }
        }
    }

    fn watch(&mut self, place: u32, resources: &str) {
        let sighting = &mut self.sightings[place as usize];
        if !sighting.flags.has(Flags::PRODUCTION) && touches(&self.watched, resources) {
            sighting.flags.add(Flags::PRODUCTION);
        }
    }

    /// Where calls are counted that a service made on its caller's behalf, with the key that it had for them; it has
    /// one for nearly every call, so that not one of them is kept.
    #[inline(never)]
    fn forwarding_of(
        &mut self,
        columns: &Columns<'_>,
        recent: &mut Recent,
        row: usize,
    ) -> Option<(u32, KeyMark)> {
        // Nearly all are told by this alone.
        let service = columns.is_from_service(row);
        if !service && columns.caller_view(INVOKED_BY, row) == 0 {
            return None;
        }
        let shown = shown_by(columns, row, CallerType::of(columns.caller_text(3, row)));
        let invoked_by = columns.caller_text(INVOKED_BY, row);
        if !shown.is_forwarded(invoked_by, columns.caller_text(1, row), service) {
            return None;
        }
        self.note_recipient(columns, recent, row);
        let account = recent.intern(columns, 2, row, &mut self.strings);
        let principal = recent.intern(columns, 1, row, &mut self.strings);
        Some((self.forwarding(account, principal), KeyMark::of(shown.key)))
    }

    /// Where other calls of a caller are counted: known by all that its record says of it, or looked at now. Nothing
    /// where no credential was used.
    #[inline(never)]
    fn sighting_of(
        &mut self,
        columns: &Columns<'_>,
        recent: &mut Recent,
        caller: usize,
        print: u128,
    ) -> Option<u32> {
        let known = self.slots.find(print as u64, |known| known.0 == print);
        if let Some((_, slot)) = known {
            return *slot;
        }
        let row = recent.row(recent.rows_of(caller).start);
        let slot = self.identify(columns, recent, row);
        self.slots
            .insert_unique(print as u64, (print, slot), |known| known.0 as u64);
        slot
    }

    fn note_recipient(&mut self, columns: &Columns<'_>, recent: &mut Recent, row: usize) -> Text {
        let recipient = recent.intern(columns, RECIPIENT, row, &mut self.strings);
        if !recipient.is_empty() {
            self.recipients.insert(recipient);
        }
        recipient
    }

    /// Finds where a caller's calls are counted, and notes what its record says of it.
    #[inline(never)]
    fn identify(&mut self, columns: &Columns<'_>, recent: &mut Recent, row: usize) -> Option<u32> {
        let recipient = self.note_recipient(columns, recent, row);
        let caller = CallerType::of(columns.caller_text(3, row));
        let shown = shown_by(columns, row, caller);
        let who = self.who(columns, recent, row, &shown)?;
        let place = self.sighting(who, caller);
        let strings = &mut self.strings;
        let sighting = &mut self.sightings[place as usize];
        sighting.caller = sighting.caller.min(caller);
        let web = match columns.caller_text(WEB, row) {
            "{}" | "null" => Text::EMPTY,
            _ => recent.intern(columns, WEB, row, strings),
        };
        let texts =
            [4, 6, 9, 12, 7, 8, 11, DELEGATE].map(|at| recent.intern(columns, at, row, strings));
        let texts = texts.into_iter().chain([web]);
        for (known, text) in sighting.attributes().into_iter().zip(texts) {
            settle(known, text, strings);
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
        if columns.created(row) == NEVER {
            sighting.flags.add(Flags::NO_SESSION);
        }
        // The sign-in service calls as the console.
        if service_name(columns.caller_text(INVOKED_BY, row)) == "signin" {
            sighting.flags.add(Flags::CONSOLE_AGENT);
        }
        if !columns.caller_text(10, row).is_empty() {
            sighting.flags.add(Flags::METADATA);
        }
        sighting.usage.account(recipient.or(who.account), strings);
        Some(place)
    }

    /// What tells the caller of a row from others; nothing where no credential was used.
    fn who(
        &mut self,
        columns: &Columns<'_>,
        recent: &mut Recent,
        row: usize,
        shown: &Shown<'_>,
    ) -> Option<Who> {
        let principal = recent.intern(columns, 1, row, &mut self.strings);
        let session = shown.created != NEVER && !principal.is_empty();
        if shown.key.is_empty() && shown.bearer.is_empty() && !session {
            return None;
        }
        Some(Who {
            account: recent.intern(columns, 2, row, &mut self.strings),
            principal,
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
        let mut new = Sighting::new(who, caller);
        new.usage.lasts = self.strings.get(who.key).starts_with("AKIA");
        sightings.push(new);
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
    #[inline(never)]
    fn take_deed(&mut self, columns: &Columns<'_>, recent: &mut Recent, row: usize, name: usize) {
        let named = &NAMES.1[name];
        if named.mints.is_empty() && named.controls.is_empty() {
            return;
        }
        let caller_type = columns.caller_text(3, row);
        let mut caller = match recent.minter(row) {
            Some(caller) => caller,
            None => {
                let caller = self.caller(columns, recent, row, CallerType::of(caller_type));
                recent.set_minter(row, caller);
                caller
            }
        };
        let strings = &mut self.strings;
        caller.provider = strings.intern(&provider(columns, row));
        let before = self.mints.len();
        let mints = &mut self.mints;
        Minted::read(columns, row, named, &caller, caller_type, strings, mints);
        let changed = Changed::read(columns, row, named, &caller, strings);
        if columns.time(row) == NEVER {
            self.untimed += u64::from(mints.len() > before || changed.is_some());
            mints.truncate(before);
            return;
        }
        self.changes.extend(changed);
    }

    /// What a row says of who made a minting or changing call, save for the provider.
    fn caller(
        &mut self,
        columns: &Columns<'_>,
        recent: &mut Recent,
        row: usize,
        kind: CallerType,
    ) -> Caller {
        let shown = shown_by(columns, row, kind);
        let invoked_by = columns.caller_text(INVOKED_BY, row);
        let service = columns.is_from_service(row);
        let forwarded = shown.is_forwarded(invoked_by, columns.caller_text(1, row), service);
        let who = self.who(columns, recent, row, &shown);
        let mut text = |column| recent.intern(columns, column, row, &mut self.strings);
        Caller {
            who: Who {
                account: text(2),
                principal: text(1),
                ..who.unwrap_or(Who::NOBODY)
            },
            kind,
            arn: text(4),
            user: text(6),
            service: text(INVOKED_BY),
            provider: Text::EMPTY,
            person: text(7),
            store: text(8),
            recipient: text(RECIPIENT),
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

/// The place of the source of a row's call, if it is kept.
fn source_of(
    usage: &mut Usage,
    strings: &mut Strings,
    recent: &mut Recent,
    columns: &Columns<'_>,
    row: usize,
) -> Option<usize> {
    let view = columns.address_view(row);
    let known = recent.address(view);
    let at = known.and_then(|text| usage.known_source(text).or_else(|| usage.new_source(text)));
    at.or_else(|| {
        let at = usage.source(&spelling(columns.address(row)), strings)?;
        recent.set_address(view, usage.sources[at].address);
        Some(at)
    })
}

/// The same for the agent; what it says of the credential is noted.
fn agent_of(
    sighting: &mut Sighting,
    strings: &mut Strings,
    recent: &mut Recent,
    columns: &Columns<'_>,
    row: usize,
) -> Option<usize> {
    let usage = &mut sighting.usage;
    let view = columns.agent_view(row);
    if let Some((known, says)) = recent.agent(view) {
        if let Some(at) = usage.known_agent(known) {
            return Some(at);
        }
        if let Some(at) = usage.new_agent(known) {
            sighting.flags.add(says);
            return Some(at);
        }
    }
    let text = columns.agent(row);
    let says = agent_flags(text);
    let before = usage.agents.len();
    let at = usage.agent(text, strings);
    // What an agent says is noted when it is first seen, or every time if it is not kept.
    if at.is_none_or(|at| at >= before) || usage.more_agents {
        sighting.flags.add(says);
    }
    let at = at?;
    recent.set_agent(view, (usage.agents[at].agent, says));
    Some(at)
}

/// The calls of one caller of a batch that a service made in one session of its own.
fn forwarded(recent: &Recent, columns: &Columns<'_>, caller: usize, key: KeyMark) -> Forwarded {
    let rows = recent.rows_of(caller).map(|at| recent.row(at));
    let first = recent.row(recent.rows_of(caller).start);
    let mut calls = Forwarded::new(columns.created(first), key);
    for row in rows {
        let (time, failed) = (columns.time(row), columns.failed(row));
        calls.events += 1;
        calls.errors += u64::from(failed);
        if time != NEVER {
            calls.first = calls.first.min(time);
            calls.last = calls.last.max(time);
            if !failed {
                calls.last_success = calls.last_success.max(time);
            }
        }
    }
    calls
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

pub(crate) fn hash_of(who: &Who) -> u64 {
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
