//! How a credential was used, added up.
//!
//! Events go in one by one, in any order and in any parts; parts are added to one another. Sums, earliest
//! and latest times do not depend on order. Of sources, agents and accounts there may be more than are kept:
//! then those with the smallest hashes of their text stay, since what is once put out this way never comes back
//! with half a count.

use xxhash_rust::xxh3::xxh3_64;

use crate::limits::{ACCOUNTS_KEPT, SOURCES_KEPT, USER_AGENTS_KEPT};
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
    pub sources: Vec<SourceUse>,
    pub agents: Vec<AgentUse>,
    pub accounts: Vec<Text>,
    pub more_sources: bool,
    pub more_agents: bool,
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
            sources: Vec::new(),
            agents: Vec::new(),
            accounts: Vec::new(),
            more_sources: false,
            more_agents: false,
        }
    }
}

impl Usage {
    #[inline(always)]
    pub(crate) fn count(&mut self, time: i64, failed: bool, proves: bool) {
        self.events += 1;
        self.errors += u64::from(failed);
        if time != NEVER {
            self.first = self.first.min(time);
            self.last = self.last.max(time);
            if !failed && proves {
                self.last_success = self.last_success.max(time);
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

    /// The place of a source, if it is kept.
    pub(crate) fn source(&mut self, address: &str, strings: &mut Strings) -> Option<usize> {
        place(
            &mut self.sources,
            SOURCES_KEPT,
            &mut self.more_sources,
            address,
            strings,
            |address| SourceUse {
                address,
                events: 0,
                first: ALWAYS,
                last: NEVER,
            },
        )
    }

    pub(crate) fn agent(&mut self, agent: &str, strings: &mut Strings) -> Option<usize> {
        place(
            &mut self.agents,
            USER_AGENTS_KEPT,
            &mut self.more_agents,
            agent,
            strings,
            |agent| AgentUse {
                agent,
                first: ALWAYS,
            },
        )
    }

    pub(crate) fn account(&mut self, account: &str, strings: &mut Strings) {
        place(
            &mut self.accounts,
            ACCOUNTS_KEPT,
            &mut false,
            account,
            strings,
            |account| account,
        );
    }

    /// Adds what another part has seen; `to` gives its texts their numbers in `strings`.
    pub(crate) fn add(&mut self, other: &Usage, to: Option<&Renumbering>, strings: &Strings) {
        let to = |text| to.map_or(text, |to| to.of(text));
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
        self.last_success = self.last_success.max(other.last_success);
        self.events += other.events;
        self.errors += other.errors;
        self.more_sources |= other.more_sources;
        self.more_agents |= other.more_agents;
        for source in &other.sources {
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
                None => push(&mut self.sources, SourceUse { address, ..*source }),
            }
        }
        for agent in &other.agents {
            let text = to(agent.agent);
            match self.agents.iter_mut().find(|known| known.agent == text) {
                Some(known) => known.first = known.first.min(agent.first),
                None => push(
                    &mut self.agents,
                    AgentUse {
                        agent: text,
                        ..*agent
                    },
                ),
            }
        }
        for account in &other.accounts {
            let account = to(*account);
            if !self.accounts.contains(&account) {
                push(&mut self.accounts, account);
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

/// How many members of a list are compared before a text is looked up.
const FIRST: usize = 2;

/// Finds or makes the place of a text in a bounded list.
fn place<T: Kept>(
    list: &mut Vec<T>,
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
        push(list, make(strings.intern(text)));
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
fn bound<T: Kept>(list: &mut Vec<T>, most: usize, strings: &Strings) -> bool {
    let too_many = list.len() > most;
    if too_many {
        list.sort_by(|a, b| rank(strings.get(a.text())).cmp(&rank(strings.get(b.text()))));
        list.truncate(most);
    }
    too_many
}

/// Most lists have one element: they take no more room than that.
fn push<T>(list: &mut Vec<T>, value: T) {
    if list.is_empty() {
        list.reserve_exact(1);
    }
    list.push(value);
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
