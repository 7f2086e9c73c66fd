//! How a credential was used, added up.
//!
//! Events go in one by one, in any order and in any parts; parts are added to one another. Sums, earliest
//! and latest times do not depend on order. Of sources, agents and accounts there may be more than are kept:
//! then those with the smallest hashes of their text stay, since what is once put out this way never comes back
//! with half a count.

use xxhash_rust::xxh3::xxh3_64;

use crate::few::Few;
use crate::limits::{ACCOUNTS_KEPT, SOURCES_KEPT, USER_AGENTS_KEPT};
use crate::sighting::Forwarded;
use crate::stretches::{Calls, Stretches};
use crate::strings::{Renumbering, Strings, Text};

/// No time: earlier than any.
pub(crate) const NEVER: i64 = i64::MIN;
/// Later than any.
pub(crate) const ALWAYS: i64 = i64::MAX;

#[derive(Clone, Debug)]
pub(crate) struct Usage {
    /// `ALWAYS` while no event had a time.
    pub first: i64,
    pub last: i64,
    pub last_success: i64,
    pub events: u64,
    pub errors: u64,
    /// Events without a time, and how many of them failed.
    untimed: [u32; 2],
    /// When the calls were made; nothing while all were made at one instant.
    pub times: Option<Box<Stretches>>,
    pub sources: Few<SourceUse>,
    pub agents: Few<AgentUse>,
    pub accounts: Few<Text>,
    pub more_sources: bool,
    pub more_agents: bool,
    /// Of a long-term key, whose calls are told apart over months.
    pub lasts: bool,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct SourceUse {
    pub address: Text,
    pub events: u32,
    pub first: i64,
    pub last: i64,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct AgentUse {
    pub agent: Text,
    pub first: i64,
}

impl SourceUse {
    fn new(address: Text) -> SourceUse {
        SourceUse {
            address,
            events: 0,
            first: ALWAYS,
            last: NEVER,
        }
    }
}

impl AgentUse {
    fn new(agent: Text) -> AgentUse {
        AgentUse {
            agent,
            first: ALWAYS,
        }
    }
}

/// Something that is kept by its text.
pub(crate) trait Kept: Copy {
    fn text(&self) -> Text;
}

impl Kept for SourceUse {
    fn text(&self) -> Text {
        self.address
    }
}

impl Kept for AgentUse {
    fn text(&self) -> Text {
        self.agent
    }
}

impl Kept for Text {
    fn text(&self) -> Text {
        *self
    }
}

impl Default for Usage {
    fn default() -> Self {
        Usage {
            first: ALWAYS,
            last: NEVER,
            last_success: NEVER,
            events: 0,
            errors: 0,
            untimed: [0; 2],
            times: None,
            sources: Few::None,
            agents: Few::None,
            accounts: Few::None,
            more_sources: false,
            more_agents: false,
            lasts: false,
        }
    }
}

impl Usage {
    #[inline(always)]
    pub(crate) fn count(&mut self, time: i64, failed: bool, proves: bool) {
        self.add_calls(Calls {
            at: time,
            events: 1,
            errors: u32::from(failed),
            proven: !failed && proves,
        });
    }

    /// Adds calls of one instant.
    #[inline(always)]
    pub(crate) fn add_calls(&mut self, calls: Calls) {
        let time = calls.at;
        if time == NEVER {
            let [events, errors] = &mut self.untimed;
            *events = events.saturating_add(calls.events);
            *errors = errors.saturating_add(calls.errors);
        } else {
            match &mut self.times {
                Some(times) => times.add(calls),
                None if time == self.first || self.first == ALWAYS => {}
                None => self.spread().add(calls),
            }
            self.first = self.first.min(time);
            self.last = self.last.max(time);
            if calls.proven {
                self.last_success = self.last_success.max(time);
            }
        }
        self.events += u64::from(calls.events);
        self.errors += u64::from(calls.errors);
    }

    /// Adds the calls of a service's session, of which only the ends are known.
    pub(crate) fn add_session(&mut self, session: &Forwarded) {
        let narrow = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
        let (events, errors) = (narrow(session.events), narrow(session.errors));
        let calls = |at, events, errors| Calls {
            at,
            events,
            errors,
            proven: at == session.last_success,
        };
        if session.first == ALWAYS {
            return self.add_calls(calls(NEVER, events, errors));
        }
        if session.first == session.last {
            return self.add_calls(calls(session.first, events, errors));
        }
        let before = events.saturating_sub(1);
        let early = errors.min(before);
        self.add_calls(calls(session.first, before, early));
        if session.last_success != NEVER {
            self.add_calls(calls(session.last_success, 0, 0));
        }
        self.add_calls(calls(session.last, events - before, errors - early));
    }

    /// From now on the calls are told apart by their times; so far all were made at one instant.
    #[cold]
    fn spread(&mut self) -> &mut Stretches {
        let calls = self.at_one_instant();
        let times = self.times.insert(Box::new(Stretches::new(self.lasts)));
        times.extend(calls);
        times
    }

    /// All calls of a usage that knows one instant only; nothing where it knows none.
    fn at_one_instant(&self) -> Option<Calls> {
        let timed = |all: u64, untimed: u32| {
            u32::try_from(all.saturating_sub(u64::from(untimed))).unwrap_or(u32::MAX)
        };
        (self.first != ALWAYS).then(|| Calls {
            at: self.first,
            events: timed(self.events, self.untimed[0]),
            errors: timed(self.errors, self.untimed[1]),
            proven: self.last_success != NEVER,
        })
    }

    /// The times of another part are added, before anything else of it is.
    fn add_times(&mut self, other: &Usage) {
        if other.first == ALWAYS {
            return;
        }
        let one_instant = self.times.is_none() && other.times.is_none();
        if one_instant && (self.first == ALWAYS || self.first == other.first) {
            return;
        }
        if self.times.is_none() {
            self.spread();
        }
        if let Some(times) = &mut self.times {
            match &other.times {
                Some(others) => times.merge(others),
                None => times.extend(other.at_one_instant()),
            }
        }
    }

    /// The place of a source that is kept already: most credentials have one or two.
    #[inline(always)]
    pub(crate) fn known_source(&self, address: Text) -> Option<usize> {
        let mut kept = self.sources.iter();
        kept.position(|source| source.address == address)
    }

    #[inline(always)]
    pub(crate) fn known_agent(&self, agent: Text) -> Option<usize> {
        self.agents.iter().position(|known| known.agent == agent)
    }

    /// The place of a source that is new to the list, if there is room for it.
    pub(crate) fn new_source(&mut self, address: Text) -> Option<usize> {
        append(&mut self.sources, SOURCES_KEPT, SourceUse::new(address))
    }

    pub(crate) fn new_agent(&mut self, agent: Text) -> Option<usize> {
        append(&mut self.agents, USER_AGENTS_KEPT, AgentUse::new(agent))
    }

    /// The place of a source, if it is kept.
    pub(crate) fn source(&mut self, address: &str, strings: &mut Strings) -> Option<usize> {
        place(
            &mut self.sources,
            SOURCES_KEPT,
            &mut self.more_sources,
            address,
            strings,
            SourceUse::new,
        )
    }

    pub(crate) fn agent(&mut self, agent: &str, strings: &mut Strings) -> Option<usize> {
        place(
            &mut self.agents,
            USER_AGENTS_KEPT,
            &mut self.more_agents,
            agent,
            strings,
            AgentUse::new,
        )
    }

    pub(crate) fn account(&mut self, account: Text, strings: &Strings) {
        if !account.is_empty() && !self.accounts.contains(&account) {
            self.accounts.push(account);
            bound(&mut self.accounts, ACCOUNTS_KEPT, strings);
        }
    }

    /// Adds what another part has seen; `to` gives its texts their numbers in `strings`.
    pub(crate) fn add(&mut self, other: &Usage, to: Option<&Renumbering>, strings: &Strings) {
        let to = |text| to.map_or(text, |to| to.of(text));
        self.lasts |= other.lasts;
        self.add_times(other);
        for (sum, more) in self.untimed.iter_mut().zip(other.untimed) {
            *sum = sum.saturating_add(more);
        }
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
        self.last_success = self.last_success.max(other.last_success);
        self.events += other.events;
        self.errors += other.errors;
        self.more_sources |= other.more_sources;
        self.more_agents |= other.more_agents;
        for source in other.sources.iter() {
            let address = to(source.address);
            match self
                .sources
                .iter_mut()
                .find(|known| known.address == address)
            {
                Some(known) => {
                    known.events = known.events.saturating_add(source.events);
                    known.first = known.first.min(source.first);
                    known.last = known.last.max(source.last);
                }
                None => self.sources.push(SourceUse { address, ..*source }),
            }
        }
        for agent in other.agents.iter() {
            let text = to(agent.agent);
            match self.agents.iter_mut().find(|known| known.agent == text) {
                Some(known) => known.first = known.first.min(agent.first),
                None => self.agents.push(AgentUse {
                    agent: text,
                    ..*agent
                }),
            }
        }
        for account in other.accounts.iter() {
            let account = to(*account);
            if !self.accounts.contains(&account) {
                self.accounts.push(account);
            }
        }
        self.more_sources |= bound(&mut self.sources, SOURCES_KEPT, strings);
        self.more_agents |= bound(&mut self.agents, USER_AGENTS_KEPT, strings);
        bound(&mut self.accounts, ACCOUNTS_KEPT, strings);
    }
}

/// What decides who stays: no order of events, and nothing that an attacker can see the use of.
fn rank(text: &str) -> (u64, &str) {
    (xxh3_64(text.as_bytes()), text)
}

/// Adds to a bounded list what it does not hold.
fn append<T: Kept>(list: &mut Few<T>, most: usize, new: T) -> Option<usize> {
    let has_room = list.len() < most;
    has_room.then(|| {
        list.push(new);
        list.len() - 1
    })
}

/// How many members of a list are compared before a text is looked up.
const FIRST: usize = 2;

/// Finds or makes the place of a text in a bounded list.
fn place<T: Kept>(
    list: &mut Few<T>,
    most: usize,
    more: &mut bool,
    text: &str,
    strings: &mut Strings,
    make: impl FnOnce(Text) -> T,
) -> Option<usize> {
    if text.is_empty() {
        return None;
    }
    // To compare with the first is cheaper than to look the text up.
    let mut first = list.iter().take(FIRST);
    if let Some(at) = first.position(|kept| strings.get(kept.text()) == text) {
        return Some(at);
    }
    if let Some(known) = strings.find(text)
        && let Some(at) = list.iter().position(|kept| kept.text() == known)
    {
        return Some(at);
    }
    if list.len() < most {
        list.push(make(strings.intern(text)));
        return Some(list.len() - 1);
    }
    *more = true;
    let last = (0..list.len()).max_by_key(|at| rank(strings.get(list[*at].text())))?;
    if rank(text) > rank(strings.get(list[last].text())) {
        return None;
    }
    list[last] = make(strings.intern(text));
    Some(last)
}

/// Cuts a list down to what is kept, and says whether anything was cut.
fn bound<T: Kept>(list: &mut Few<T>, most: usize, strings: &Strings) -> bool {
    let too_many = list.len() > most;
    if too_many {
        list.sort_by(|a, b| rank(strings.get(a.text())).cmp(&rank(strings.get(b.text()))));
        list.truncate(most);
    }
    too_many
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sources in some order and split must leave the same.
    fn used(addresses: &[String], split: usize) -> String {
        let mut strings = Strings::default();
        let mut parts = [Usage::default(), Usage::default()];
        for (at, address) in addresses.iter().enumerate() {
            let part = &mut parts[usize::from(at >= split)];
            let time = address.len() as i64;
            part.count(time, false, true);
            if let Some(place) = part.source(address, &mut strings) {
                let source = &mut part.sources[place];
                source.events += 1;
                source.first = source.first.min(time);
            }
        }
        let [mut first, second] = parts;
        first.add(&second, None, &strings);
        let mut shown: Vec<String> = first
            .sources
            .iter()
            .map(|source| format!("{} {}", strings.get(source.address), source.events))
            .collect();
        shown.sort();
        format!("{shown:?} {} {}", first.more_sources, first.events)
    }

    #[test]
    fn what_is_kept_depends_on_no_order() {
        let mut addresses: Vec<String> = (0..3 * SOURCES_KEPT)
            .map(|number| format!("192.0.2.{}", number % (SOURCES_KEPT + 40)))
            .collect();
        let expected = used(&addresses, addresses.len());
        assert!(expected.contains("true"));
        for split in [0, 10, SOURCES_KEPT, 2 * SOURCES_KEPT] {
            assert_eq!(used(&addresses, split), expected);
            addresses.rotate_left(97);
        }
        addresses.reverse();
        assert_eq!(used(&addresses, 300), expected);
    }
}
