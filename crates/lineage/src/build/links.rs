//! Who minted whom.
//!
//! Every credential that an event mints is linked by that event; every other by what its uses show of its
//! origin, or it says why no parent is known. Services, workloads, external principals, federated identities
//! and certificates become credentials here, when something descends from them.

use keyline_trail::partition::service_name;

use crate::build::attributes::{last_part, workload};
use crate::build::{Build, SECOND};
use crate::credential::{Certainty, Kind, LinkRule};
use crate::deed::{Caller, Minted};
use crate::entry::{Link, Why};
use crate::json;
use crate::limits::{CANDIDATES_MAX, PORTAL_S, SIGN_IN_URL_S, SIGN_IN_URLS_MAX};
use crate::mint::{Field, From, SCOPES};
use crate::sighting::CallerType;
use crate::strings::Text;
use crate::usage::NEVER;

/// How sure it is that two records speak of one session, when the key does not say so.
const BY_SESSION: f64 = 0.95;
/// The same for a sign-in and what came after it, and for what else is inferred from times.
const BY_TIME: f64 = 0.9;

/// What became of the search for a parent.
enum Found {
    Parent(Link),
    None(Why),
}

impl Build {
    pub(super) fn link(&mut self) {
        self.index_callers();
        let nodes = self.entries.len() as u32;
        let mut later = Vec::new();
        for node in 0..nodes {
            if self.ambiguous.contains_key(&node) {
                later.push(node);
                continue;
            }
            let found = match self.mints_of.of(node).is_empty() {
                false => Some(self.link_minted(node)),
                true => self.link_used(node),
            };
            self.set(node, found);
        }
        // What these may be is linked now.
        for node in later {
            let found = self.link_ambiguous(node);
            self.set(node, Some(found));
        }
    }

    fn set(&mut self, node: u32, found: Option<Found>) {
        let entry = self.entry(node);
        match found {
            Some(Found::Parent(link)) if link.parent != node => entry.link = Some(link),
            // A record that says so of itself is forged.
            Some(Found::Parent(link)) if link.rule == LinkRule::AccessKeyId => {
                self.cut(node as usize, Why::Circle, "lineage-circle");
            }
            Some(Found::Parent(_)) => entry.why = Some(Why::CallerUnknown),
            Some(Found::None(why)) => entry.why = Some(why),
            None => {}
        }
    }

    /// The parent of a credential by its minting events: of several copies the one that tells most.
    fn link_minted(&mut self, node: u32) -> Found {
        let places = self.mints_of.of(node).to_vec();
        let mut best: Option<(u8, Found)> = None;
        for place in &places {
            let minted = self.mints[*place as usize].clone();
            let (rank, found) = self.parent_by(node, &minted);
            let rank = match found {
                Found::Parent(_) => rank,
                Found::None(_) => rank + 10,
            };
            if best.as_ref().is_none_or(|(known, _)| rank < *known) {
                best = Some((rank, found));
            }
        }
        let Some((rank, Found::Parent(mut link))) = best else {
            return best.map_or(Found::None(Why::CallerUnknown), |(_, found)| found);
        };
        let minted = |place: &u32| &self.mints[*place as usize];
        let has_foreign_copy = places
            .iter()
            .any(|place| minted(place).mint().from == From::Account);
        if has_foreign_copy && rank == 0 && link.certainty == Certainty::Exact {
            link.rule = LinkRule::SharedEvent;
        }
        self.weigh(node, &mut link);
        Found::Parent(link)
    }

    /// The minting event is beyond doubt; that the uses are of what it minted may be not.
    fn weigh(&self, node: u32, link: &mut Link) {
        let entry = &self.entries[node as usize];
        let sightings = self.sightings_of.of(node);
        // The sign-in service tells itself that a switched role is used from the console.
        let mut mints = self.mints_of.of(node).iter();
        let switched = mints.any(|place| self.mints[*place as usize].mint().from == From::Switched);
        let by_key = sightings.is_empty()
            || switched
            || sightings.iter().any(|place| {
                let who = &self.sightings[*place as usize].who;
                (!who.key.is_empty() && who.key == entry.minted_key) || !who.bearer.is_empty()
            });
        if by_key || link.certainty != Certainty::Exact {
            return;
        }
        link.certainty = Certainty::Inferred;
        match entry.kind {
            Kind::ConsoleSession if link.rule == LinkRule::ConsoleLogin => {
                link.confidence = BY_TIME;
            }
            Kind::FederationToken => {
                link.confidence = BY_SESSION;
                link.rule = LinkRule::FederatedUser;
            }
            Kind::ServiceSession => link.confidence = BY_TIME,
            _ => {
                link.confidence = BY_SESSION;
                link.rule = LinkRule::PrincipalAndCreationDate;
            }
        }
    }

    /// The parent by one minting event, and how much that kind of event tells: the smaller the more.
    fn parent_by(&mut self, node: u32, minted: &Minted) -> (u8, Found) {
        let caller = minted.caller;
        match minted.mint().from {
            From::Caller | From::CallerItself | From::Node => (0, self.parent_caller(minted)),
            From::Service => {
                let link = self.node_of(minted).unwrap_or_else(|| {
                    let parent = self.service_parent(minted);
                    Link::exact(parent, LinkRule::Service)
                });
                (1, Found::Parent(link))
            }
            From::Subject => match self.portal_of(minted) {
                Some(link) => (0, Found::Parent(link)),
                None => {
                    let parent = self.subject_of(minted);
                    let rule = LinkRule::AccessKeyId;
                    (1, Found::Parent(Link::exact(parent, rule)))
                }
            },
            From::Person
                if caller.person.is_empty()
                    && caller.who.principal.is_empty()
                    && caller.user.is_empty() =>
            {
                (1, Found::None(Why::CallerUnknown))
            }
            From::Person => {
                let parent = self.person(caller.store, caller.person, &caller);
                let rule = LinkRule::External;
                (1, Found::Parent(Link::exact(parent, rule)))
            }
            From::Certificate => {
                let parent = self.certificate_of(minted);
                let rule = LinkRule::AccessKeyId;
                (1, Found::Parent(Link::exact(parent, rule)))
            }
            From::Password => {
                let parent = self.password_of(minted);
                let rule = LinkRule::ConsoleLogin;
                (1, Found::Parent(Link::exact(parent, rule)))
            }
            From::Console => (1, self.carried_into_console(node, minted)),
            From::Switched => {
                let from = minted.field(Field::Arn);
                let nodes = self.consoles_of(from, minted.at);
                let rule = LinkRule::PrincipalAndCreationDate;
                (2, self.one_of(nodes, rule, BY_TIME))
            }
            From::Account => (3, self.foreign_parent(minted)),
            From::Portal | From::SignInUrl => (9, Found::None(Why::CallerUnknown)),
        }
    }

    fn parent_caller(&mut self, minted: &Minted) -> Found {
        let caller = minted.caller;
        let nodes = self.credentials_of(&caller, minted.at);
        let user = minted.field(Field::User).or(caller.user);
        // Who a device is for is known when it is enabled.
        let for_nobody =
            minted.mint().makes == Kind::MfaDevice && minted.field(Field::User).is_empty();
        let own = caller.kind == CallerType::IamUser && user == caller.user && !for_nobody;
        let rule = match minted.mint().makes {
            Kind::AccessKey
            | Kind::Password
            | Kind::ServiceCredential
            | Kind::SshKey
            | Kind::Certificate
            | Kind::MfaDevice
                if own =>
            {
                LinkRule::SelfManagedKey
            }
            _ if caller.forwarded => LinkRule::ForwardAccess,
            Kind::OauthSession => LinkRule::PrincipalAndCreationDate,
            _ => LinkRule::AccessKeyId,
        };
        let in_own_session = |parent: u32| {
            let who = caller.who;
            caller.forwarded && self.sessions_of(who.principal, who.created) == [parent]
        };
        match nodes[..] {
            // In its own session: the console's pages call through the console's servers.
            [parent] if in_own_session(parent) => {
                if !caller.who.key.is_empty() {
                    self.more_keys.push((parent, caller.who.key));
                }
                Found::Parent(Link::exact(parent, LinkRule::AccessKeyId))
            }
            [parent] if caller.forwarded => Found::Parent(Link::inferred(parent, rule, 0.8)),
            [parent] => Found::Parent(Link::exact(parent, rule)),
            [] if minted.mint().service == "iam" && caller.kind == CallerType::Service => {
                let account = caller.recipient;
                let parent = self.service(account, caller.service);
                Found::Parent(Link::exact(parent, LinkRule::Service))
            }
            [] => Found::None(Why::CallerUnknown),
            _ => self.one_of(nodes, rule, if caller.forwarded { 0.8 } else { BY_SESSION }),
        }
    }

    /// One parent of several that fit: all are listed and share the confidence.
    fn one_of(&self, mut nodes: Vec<u32>, rule: LinkRule, confidence: f64) -> Found {
        nodes.sort_by_key(|node| self.entries[*node as usize].hash);
        nodes.dedup();
        match nodes[..] {
            [] => Found::None(Why::CallerUnknown),
            [parent] => Found::Parent(Link::inferred(parent, rule, confidence)),
            [parent, ..] => {
                let share = confidence / nodes.len() as f64;
                Found::Parent(Link {
                    parent,
                    certainty: Certainty::Ambiguous,
                    rule,
                    confidence: share,
                    left_out: nodes.len().saturating_sub(CANDIDATES_MAX) as u32,
                    candidates: nodes
                        .into_iter()
                        .take(CANDIDATES_MAX)
                        .map(|node| (node, share))
                        .collect(),
                })
            }
        }
    }

    /// The service, or the workload of it, that a session was minted for.
    fn service_parent(&mut self, minted: &Minted) -> u32 {
        let caller = minted.caller;
        let account = self
            .role_of(minted.field(Field::Role))
            .map_or(caller.recipient, |(account, _)| account);
        let service = self.service(account, caller.service);
        let name = minted.field(Field::SessionName);
        match workload(service_name(self.text(caller.service)), self.text(name)) {
            Some(kind) => self.workload(service, account, kind, name),
            None => service,
        }
    }

    fn service(&mut self, account: Text, name: Text) -> u32 {
        // Services mint more than all others, and a hash of evidence costs more than a look-up.
        if let Some(known) = self.services.get(&(account, name)) {
            return *known;
        }
        let evidence = format!(
            "service|{}|{}",
            self.text(account),
            service_name(self.text(name))
        );
        let node = self.ensure(&evidence, Kind::Service);
        let entry = self.entry(node);
        entry.account = account;
        entry.principal = entry.principal.or(name);
        self.services.insert((account, name), node);
        node
    }

    /// The full name of a service, as its own calls have it.
    fn service_principal(&mut self, service: &str, arn: Text) -> Text {
        let suffix = match self.text(arn).starts_with("arn:aws-cn:") {
            true => "amazonaws.com.cn",
            false => "amazonaws.com",
        };
        self.strings.intern(&format!("{service}.{suffix}"))
    }

    fn workload(&mut self, service: u32, account: Text, kind: &'static str, id: Text) -> u32 {
        let known = (service, account, kind, id);
        if let Some(node) = self.workloads.get(&known) {
            return *node;
        }
        let evidence = format!("workload|{}|{kind}|{}", self.text(account), self.text(id));
        let node = self.ensure(&evidence, Kind::Workload);
        let entry = self.entry(node);
        entry.account = account;
        entry.principal = id;
        entry.origin = Some((kind, id));
        entry.link = Some(Link::exact(service, LinkRule::Service));
        self.workloads.insert(known, node);
        node
    }

    /// A subject of an identity provider.
    fn subject_of(&mut self, minted: &Minted) -> u32 {
        let caller = minted.caller;
        let provider = minted.field(Field::Provider).or(caller.provider);
        let provider = match provider.is_empty() {
            false => provider,
            true => self.strings.intern(minted.mint().service),
        };
        let subject = minted.field(Field::Subject);
        let subject = subject.or(caller.user).or(caller.who.principal);
        let evidence = format!("federated|{}|{}", self.text(provider), self.text(subject));
        let node = self.ensure(&evidence, Kind::FederatedIdentity);
        let account = self
            .role_of(minted.field(Field::Role))
            .map_or(caller.recipient, |(account, _)| account);
        let entry = self.entry(node);
        entry.account = entry.account.or(account);
        entry.principal = entry.principal.or(caller.who.principal).or(subject);
        entry.user = entry.user.or(subject);
        entry.arn = provider;
        node
    }

    /// A person of Identity Center.
    fn person(&mut self, store: Text, person: Text, caller: &Caller) -> u32 {
        let person = person.or(caller.who.principal).or(caller.user);
        let evidence = format!("federated|{}|{}", self.text(store), self.text(person));
        let node = self.ensure(&evidence, Kind::FederatedIdentity);
        let entry = self.entry(node);
        entry.account = entry.account.or(caller.who.account);
        entry.principal = person;
        entry.user = entry.user.or(caller.user);
        entry.arn = store;
        node
    }

    fn certificate_of(&mut self, minted: &Minted) -> u32 {
        // The session is named by the serial number of the certificate.
        let name = last_part(self.text(minted.field(Field::Arn))).to_owned();
        let subject = minted
            .field(Field::Subject)
            .or(minted.field(Field::SourceIdentity));
        let account = minted.caller.recipient.or(minted.caller.who.account);
        let evidence = format!(
            "certificate|{}|{name}|{}",
            self.text(account),
            if name.is_empty() {
                self.text(subject)
            } else {
                ""
            }
        );
        let name = self.strings.intern(&name);
        let node = self.ensure(&evidence, Kind::Certificate);
        let entry = self.entry(node);
        entry.account = account;
        entry.principal = name.or(subject);
        entry.user = minted.field(Field::SourceIdentity).or(entry.user);
        entry.arn = minted.field(Field::Subject).or(entry.arn);
        node
    }

    /// The password that a console session was opened with: the last that was set before.
    fn password_of(&mut self, minted: &Minted) -> u32 {
        let caller = minted.caller;
        let (account, mut user) = (caller.who.account.or(caller.recipient), caller.user);
        if user.is_empty() {
            let name = match caller.kind {
                CallerType::Root => "",
                _ => last_part(self.text(caller.arn)),
            };
            let name = name.to_owned();
            user = self.strings.intern(&name);
        }
        if caller.kind == CallerType::Root {
            user = Text::EMPTY;
        }
        let set = self.passwords.get(&(account, user));
        let last = set.and_then(|list| list.iter().rfind(|(at, _)| *at <= minted.at));
        if let Some((_, node)) = last {
            return *node;
        }
        let evidence = match caller.kind {
            CallerType::Root => format!("password|{}|root", self.text(account)),
            _ => format!("password|{}|user/{}", self.text(account), self.text(user)),
        };
        let node = self.ensure(&evidence, Kind::Password);
        let entry = self.entry(node);
        entry.account = account;
        entry.user = user;
        entry.principal = entry.principal.or(caller.who.principal);
        entry.arn = entry.arn.or(caller.arn);
        entry.why = Some(Why::KeyNotObserved);
        node
    }

    /// The session that was carried into the console: whoever asked for the sign-in URL, or else the session
    /// of the same principal and creation.
    fn carried_into_console(&mut self, node: u32, minted: &Minted) -> Found {
        let who = minted.caller.who;
        let rule = LinkRule::ConsoleLogin;
        let asked = self.askers(node, minted);
        let mut created = match who.created {
            NEVER => Vec::new(),
            created => self.sessions_at(who.principal, created),
        };
        created.retain(|other| {
            *other != node && self.entries[*other as usize].kind != Kind::ConsoleSession
        });
        // Several sessions of one principal may ask within minutes: the login says of which second its own is.
        let both: Vec<u32> = asked
            .iter()
            .copied()
            .filter(|node| created.contains(node))
            .collect();
        match (both.is_empty(), asked.is_empty(), created.is_empty()) {
            (false, _, _) => self.one_of(both, rule, BY_SESSION),
            (_, _, false) => self.one_of(created, rule, BY_TIME),
            (_, false, _) => self.one_of(asked, rule, BY_SESSION),
            _ => Found::None(self.why(node)),
        }
    }

    /// Whoever asked for a sign-in URL that could still be used at a login to the console: the latest
    /// [`SIGN_IN_URLS_MAX`] of them.
    fn askers(&self, node: u32, login: &Minted) -> Vec<u32> {
        let asked = self.urls.get(&login.caller.who.principal);
        let asked = asked.map(Vec::as_slice).unwrap_or_default();
        let until = asked.partition_point(|(at, _)| *at <= login.at);
        let mut nodes: Vec<u32> = asked[..until]
            .iter()
            .rev()
            .take_while(|(at, _)| login.at - at <= SIGN_IN_URL_S * SECOND)
            .take(SIGN_IN_URLS_MAX)
            .flat_map(|(_, place)| {
                let url = &self.mints[*place as usize];
                self.credentials_of(&url.caller, url.at)
            })
            .filter(|asker| *asker != node)
            .collect();
        nodes.sort_unstable();
        nodes.dedup();
        nodes
    }

    /// A principal of another account: one of its credentials if the data has it, else itself.
    fn foreign_parent(&mut self, minted: &Minted) -> Found {
        let who = minted.caller.who;
        let nodes = match who.principal.is_empty() {
            true => Vec::new(),
            false => self.at_work(who.principal, minted.at),
        };
        if !nodes.is_empty() {
            return self.one_of(nodes, LinkRule::External, BY_TIME);
        }
        let node = self.external(who.account, who.principal);
        Found::Parent(Link::exact(node, LinkRule::External))
    }

    /// The session of the access portal that had a role session of Identity Center minted.
    fn portal_of(&mut self, minted: &Minted) -> Option<Link> {
        let (account, role) = self.role_of(minted.field(Field::Role))?;
        let nodes = self.portals_of(account, role, minted.at);
        match self.one_of(nodes, LinkRule::PrincipalAndCreationDate, BY_TIME) {
            Found::Parent(link) => Some(link),
            Found::None(_) => None,
        }
    }

    fn portals_of(&mut self, account: Text, role: Text, at: i64) -> Vec<u32> {
        if at == NEVER {
            return Vec::new();
        }
        let slack = PORTAL_S * SECOND;
        let portals = &self.portals;
        let from = portals.partition_point(|place| self.mints[*place as usize].at < at - slack);
        let near: Vec<u32> = portals[from..]
            .iter()
            .copied()
            .take_while(|place| self.mints[*place as usize].at <= at + slack)
            .collect();
        let mut nodes = Vec::new();
        for place in near {
            let call = self.mints[place as usize].clone();
            let set = self.text(call.field(Field::Role));
            let fits = call.field(Field::Account) == account
                && !set.is_empty()
                && self
                    .text(role)
                    .strip_prefix("AWSReservedSSO_")
                    .and_then(|rest| rest.strip_prefix(set))
                    .is_some_and(|rest| rest.starts_with('_'));
            if !fits {
                continue;
            }
            let caller = call.caller;
            match self.credentials_of(&caller, call.at)[..] {
                [node] => nodes.push(node),
                _ => nodes.push(self.person(caller.store, caller.person, &caller)),
            }
        }
        nodes
    }

    /// The session of the node that asked for the session of a pod.
    fn node_of(&mut self, minted: &Minted) -> Option<Link> {
        if self.pods.is_empty() || service_name(self.text(minted.caller.service)) != "pods.eks" {
            return None;
        }
        let (account, _) = self.role_of(minted.field(Field::Role))?;
        let (name, at) = (minted.field(Field::SessionName), minted.at);
        let slack = PORTAL_S * SECOND;
        let first = |place: &u32| self.mints[*place as usize].at < at - slack;
        let from = self.pods.partition_point(first);
        let mut nodes = Vec::new();
        for place in &self.pods[from..] {
            let call = &self.mints[*place as usize];
            if call.at > at + slack {
                break;
            }
            let cluster = self.text(call.field(Field::Label));
            let rest = self.text(name).strip_prefix("eks-");
            let fits = call.caller.recipient.or(call.caller.who.account) == account
                && rest.is_some_and(|rest| match rest.strip_prefix(cluster) {
                    Some(rest) => cluster.is_empty() || rest.starts_with('-'),
                    None => false,
                });
            if fits {
                nodes.extend(self.credentials_of(&call.caller, call.at));
            }
        }
        match self.one_of(nodes, LinkRule::PrincipalAndCreationDate, BY_TIME) {
            Found::Parent(link) => Some(link),
            Found::None(_) => None,
        }
    }

    /// The parent of a credential that no event mints, by what its uses show; nothing for what needs none.
    fn link_used(&mut self, node: u32) -> Option<Found> {
        let entry = &self.entries[node as usize];
        let (account, user, issued) = (entry.account, entry.user, entry.issued);
        let has_role = !entry.role.is_empty();
        let kind = entry.kind;
        let places = self.sightings_of.of(node).to_vec();
        if is_session(kind)
            && let Some(link) = self.provider_of(&places)
        {
            return Some(Found::Parent(link));
        }
        Some(match kind {
            Kind::AccessKey => Found::None(Why::KeyNotObserved),
            Kind::FederationToken => {
                // The user is named in every record; the key that was used is not.
                let nodes = self.keys_of(account, user, issued);
                match self.one_of(nodes, LinkRule::FederatedUser, BY_TIME) {
                    Found::None(_) => Found::None(self.why(node)),
                    found => found,
                }
            }
            Kind::IdentityCenterSession => {
                let sighting = &self.sightings[*places.first()? as usize];
                let (store, person) = (sighting.store, sighting.person);
                let who = sighting.who;
                if person.is_empty() {
                    return Some(Found::None(Why::CallerUnknown));
                }
                let caller = Caller {
                    who,
                    user: sighting.user,
                    ..Caller::nobody()
                };
                let parent = self.person(store, person, &caller);
                Found::Parent(Link::exact(parent, LinkRule::External))
            }
            Kind::OauthSession => {
                let who = self.sightings[*places.first()? as usize].who;
                let mut nodes = self.sessions_at(who.principal, who.created);
                nodes.retain(|other| *other != node);
                match self.one_of(nodes, LinkRule::PrincipalAndCreationDate, BY_TIME) {
                    Found::None(_) => Found::None(self.why(node)),
                    found => found,
                }
            }
            Kind::RoleSession | Kind::ServiceSession | Kind::ConsoleSession if has_role => {
                self.link_role_session(node, &places)
            }
            kind if is_session(kind) => Found::None(self.why(node)),
            _ => return None,
        })
    }

    /// The account of the provider whom a principal let act for it, as the records of a session say.
    fn provider_of(&mut self, places: &[u32]) -> Option<Link> {
        let delegates = places
            .iter()
            .map(|place| self.sightings[*place as usize].delegate);
        let delegate = delegates
            .filter(|delegate| !delegate.is_empty())
            .min_by_key(|delegate| self.text(*delegate))?;
        let account = json::text(self.text(delegate), &["accountId"])?.into_owned();
        let account = self.strings.intern(&account);
        let node = self.external(account, Text::EMPTY);
        Some(Link::inferred(node, LinkRule::External, BY_TIME))
    }

    fn external(&mut self, account: Text, principal: Text) -> u32 {
        let evidence = format!("external|{}|{}", self.text(account), self.text(principal));
        let node = self.ensure(&evidence, Kind::External);
        let entry = self.entry(node);
        entry.account = account;
        entry.principal = principal;
        node
    }

    /// A role session that no event mints: a workload's, or a person's of Identity Center.
    fn link_role_session(&mut self, node: u32, places: &[u32]) -> Found {
        let entry = &self.entries[node as usize];
        let (account, arn, role, issued) = (entry.account, entry.arn, entry.role, entry.issued);
        if let Some((kind, id)) = entry.origin
            && let Some((_, _, service)) = SCOPES.iter().find(|row| row.1 == kind)
        {
            let name = self.service_principal(service, arn);
            let service = self.service(account, name);
            let parent = self.workload(service, account, kind, id);
            return Found::Parent(Link::inferred(parent, LinkRule::Service, BY_TIME));
        }
        if let Some((account, role)) = self.role_of(role) {
            let nodes = self.portals_of(account, role, issued);
            let rule = LinkRule::PrincipalAndCreationDate;
            if let Found::Parent(link) = self.one_of(nodes, rule, BY_TIME) {
                return Found::Parent(link);
            }
        }
        let person = places
            .iter()
            .map(|place| &self.sightings[*place as usize])
            .find(|sighting| !sighting.person.is_empty())
            .map(|sighting| (sighting.store, sighting.person));
        if let Some((store, person)) = person {
            let parent = self.person(store, person, &Caller::nobody());
            return Found::Parent(Link::inferred(parent, LinkRule::External, BY_TIME));
        }
        Found::None(self.why(node))
    }

    /// A session that may be one of several minted ones. If one credential minted them all it is the parent,
    /// and the candidates are what it minted; else they are those who minted.
    fn link_ambiguous(&mut self, node: u32) -> Found {
        let rule = LinkRule::PrincipalAndCreationDate;
        let mut fits = self.ambiguous.get(&node).cloned().unwrap_or_default();
        fits.sort_by_key(|fit| self.entries[*fit as usize].hash);
        let share = BY_SESSION / fits.len().max(1) as f64;
        let parents: Vec<u32> = fits
            .iter()
            .filter_map(|fit| Some(self.entries[*fit as usize].link.as_ref()?.parent))
            .collect();
        let mut distinct = parents.clone();
        distinct.sort_by_key(|parent| self.entries[*parent as usize].hash);
        distinct.dedup();
        let candidates: Vec<(u32, f64)> = match distinct.len() {
            0 => return Found::None(self.why(node)),
            1 => fits.iter().map(|fit| (*fit, share)).collect(),
            _ => {
                let count = |parent: &u32| parents.iter().filter(|other| *other == parent).count();
                let mut shares: Vec<(u32, f64)> = distinct
                    .iter()
                    .map(|parent| (*parent, share * count(parent) as f64))
                    .collect();
                shares.sort_by(|a, b| b.1.total_cmp(&a.1));
                shares
            }
        };
        let (parent, confidence) = match distinct[..] {
            [parent] => (parent, share),
            _ => candidates[0],
        };
        Found::Parent(Link {
            parent,
            certainty: Certainty::Ambiguous,
            rule,
            confidence,
            left_out: candidates.len().saturating_sub(CANDIDATES_MAX) as u32,
            candidates: candidates.into_iter().take(CANDIDATES_MAX).collect(),
        })
    }

    /// Why nothing mints a session.
    fn why(&self, node: u32) -> Why {
        let entry = &self.entries[node as usize];
        if self.first_event.is_some_and(|first| entry.issued < first) {
            return Why::BeforeData;
        }
        if !entry.account.is_empty()
            && !self.recipients.is_empty()
            && !self.recipients.contains(&entry.account)
        {
            return Why::AccountNotInData;
        }
        let slack = crate::limits::CLOCKS_S;
        let mut seconds = (-slack..=slack).map(|by| entry.issued.saturating_add(by * SECOND));
        if seconds.any(|at| self.omitted_at.contains(&at)) {
            return Why::AnswerOmitted;
        }
        match self.minting_accounts.contains(&entry.account) {
            true => Why::NotObserved,
            false => Why::NoMintingEvents,
        }
    }
}

/// Whether a credential of a kind is a session, which somebody must have minted.
pub(super) fn is_session(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::SessionToken
            | Kind::FederationToken
            | Kind::RoleSession
            | Kind::ConsoleSession
            | Kind::RootSession
            | Kind::ServiceSession
            | Kind::OauthSession
            | Kind::IdentityCenterSession
            | Kind::UnknownTemporary
    )
}
