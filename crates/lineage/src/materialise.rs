//! A credential as the rest of the program sees it, made from what the forest keeps.

use crate::build::attributes::session_name;
use crate::credential::{Candidate, Change, Credential, Kind, Origin, Parent, Source, Stretch};
use crate::entry::NONE;
use crate::forest::{Linked, Node};
use crate::limits::{SOURCES_MAX, USER_AGENTS_MAX};
use crate::strings::Text;
use crate::timeline::Act;
use crate::usage::{ALWAYS, NEVER, Usage};

impl Linked {
    pub(crate) fn credential(&self, node: Node, children: &[Node]) -> Credential {
        let entry = &self.entries[node.0 as usize];
        let text = |text: Text| self.strings.get(text).to_owned();
        let id = |node: u32| self.entries[node as usize].hash.to_string();
        let nothing = Usage::default();
        let usage = entry.usage.as_deref().unwrap_or(&nothing);
        let (sources, more_sources) = self.sources(usage);
        let (user_agents, more_user_agents) = self.agents(usage);
        let mut used_in_accounts: Vec<String> = usage
            .accounts
            .iter()
            .map(|account| text(*account))
            .collect();
        used_in_accounts.sort();
        let parent = entry.link.as_ref();
        let parent = parent.map(|link| &self.entries[link.parent as usize]);
        let acts = self.timelines.of(node.0, entry, parent, &self.strings);
        Credential {
            id: entry.hash.to_string(),
            aliases: entry
                .aliases
                .of(&self.aliases)
                .iter()
                .map(|alias| alias.to_string())
                .collect(),
            kind: entry.kind,
            access_key_ids: self.texts(entry.keys.of(&self.keys)),
            minted_key_id: (!entry.minted_key.is_empty()).then(|| text(entry.minted_key)),
            account_id: text(entry.account),
            principal_id: text(entry.principal),
            principal_arn: text(entry.arn),
            role_arn: text(entry.role),
            // The name of a federation token is the end of its principal, like that of a role session.
            session_name: match entry.role.is_empty() && entry.kind != Kind::FederationToken {
                true => String::new(),
                false => session_name(&self.strings, entry).to_owned(),
            },
            user_name: text(entry.user),
            source_identity: text(entry.source_identity),
            partition: entry.partition.map_or("aws", |partition| partition.name()),
            issued_at: instant(entry.issued),
            expires_at: instant(entry.expires),
            expiry: entry.expiry,
            issuing_api: text(entry.api),
            issuing_event_ids: self.texts(entry.events.of(&self.events)),
            parent: entry.link.as_ref().map(|link| Parent {
                id: id(link.parent),
                certainty: link.certainty,
                rule: link.rule,
                confidence: link.confidence,
                candidates: link
                    .candidates
                    .iter()
                    .map(|(node, confidence)| Candidate {
                        id: id(*node),
                        confidence: *confidence,
                    })
                    .collect(),
            }),
            parent_unknown_because: match entry.link {
                Some(_) => None,
                None => entry.why.map(|why| why.text()),
            },
            root: id(entry.root),
            depth: entry.depth,
            children: children.iter().map(|child| id(child.0)).collect(),
            mfa_authenticated: entry.mfa,
            mfa_serial: text(entry.serial),
            origin: entry.origin.map(|(kind, id)| Origin { kind, id: text(id) }),
            first_used: instant(usage.first),
            last_used: instant(usage.last),
            event_count: usage.events,
            error_count: usage.errors,
            last_success: instant(usage.last_success),
            uses: uses(usage),
            sources,
            more_sources,
            user_agents,
            more_user_agents,
            used_in_accounts,
            changes: acts.iter().map(|act| self.change(act)).collect(),
            revoked_before_issue: self.timelines.escaped(entry, parent, &self.strings),
            touches_production: entry.production,
            forwarded_count: entry.forwarded.into(),
            forwarded_in_session_count: entry.forwarded_in_session.into(),
            forwarded_maybe_count: entry.forwarded_maybe.into(),
        }
    }

    /// Its issue, else its first use.
    pub(crate) fn known_from(&self, node: Node) -> Option<i64> {
        let entry = &self.entries[node.0 as usize];
        let used = || instant(entry.usage.as_deref()?.first);
        instant(entry.issued).or_else(used)
    }

    fn change(&self, act: &Act) -> Change {
        Change {
            at: act.at,
            effect: act.effect,
            by: self.strings.get(act.by).to_owned(),
            event_id: self.strings.get(act.event).to_owned(),
            by_credential: (act.by_node != NONE)
                .then(|| self.entries[act.by_node as usize].hash.to_string()),
        }
    }

    fn sources(&self, usage: &Usage) -> (Vec<Source>, bool) {
        let mut sources: Vec<Source> = usage
            .sources
            .iter()
            .map(|source| Source {
                address: self.strings.get(source.address).to_owned(),
                first_used: source.first,
                last_used: source.last,
                event_count: u64::from(source.events),
            })
            .collect();
        sources.sort_by(|a, b| (a.first_used, &a.address).cmp(&(b.first_used, &b.address)));
        let more = usage.more_sources || sources.len() > SOURCES_MAX;
        sources.truncate(SOURCES_MAX);
        (sources, more)
    }

    fn agents(&self, usage: &Usage) -> (Vec<String>, bool) {
        let mut agents: Vec<(i64, &str)> = usage
            .agents
            .iter()
            .map(|agent| (agent.first, self.strings.get(agent.agent)))
            .collect();
        agents.sort_unstable();
        let more = usage.more_agents || agents.len() > USER_AGENTS_MAX;
        agents.truncate(USER_AGENTS_MAX);
        (
            agents.into_iter().map(|agent| agent.1.to_owned()).collect(),
            more,
        )
    }

    fn texts(&self, list: &[Text]) -> Vec<String> {
        list.iter()
            .map(|text| self.strings.get(*text).to_owned())
            .collect()
    }
}

fn uses(usage: &Usage) -> Vec<Stretch> {
    let times = usage.times.iter().flat_map(|times| times.all());
    times
        .map(|(from, length, stretch)| Stretch {
            from,
            length,
            event_count: u64::from(stretch.events),
            error_count: u64::from(stretch.errors),
            succeeded: stretch.succeeded,
        })
        .collect()
}

fn instant(at: i64) -> Option<i64> {
    (at != NEVER && at != ALWAYS).then_some(at)
}
