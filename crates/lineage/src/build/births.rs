//! Minting events become credentials.
//!
//! Each event finds the credential that it mints, or makes it: by the key that its answer names; else by what
//! else tells the credential from others. Copies of one event in several accounts' trails meet here, since they
//! name one key or share an id.

use keyline_trail::session::credential_hash;

use crate::build::{Build, SECOND, at_instant, known, session_evidence};
use crate::credential::Kind;
use crate::deed::Minted;
use crate::entry::NONE;
use crate::mint::{Field, From};
use crate::quick::{Map, Set};
use crate::sighting::{CallerType, Flags, Sighting};
use crate::strings::Text;
use crate::usage::NEVER;

impl Build {
    pub(super) fn bear(&mut self) {
        self.spare_long_term_keys();
        // Those that name a key first: the others look for them.
        for place in 0..self.mints.len() {
            if names_its_key(&self.mints[place]) {
                self.bear_by_key(place);
                self.note_birth(place);
            }
        }
        self.sort_sessions();
        let (mut keyless, mut sessions) = (Vec::new(), Vec::new());
        for place in 0..self.mints.len() {
            if self.node_of_mint[place] != NONE {
                continue;
            }
            let at = self.mints[place].at;
            let principal = self.mints[place].caller.who.principal;
            match self.mints[place].mint().from {
                From::Portal => self.portals.push(place as u32),
                From::Node => self.pods.push(place as u32),
                From::SignInUrl => self
                    .urls
                    .entry(principal)
                    .or_default()
                    .push((at, place as u32)),
                From::Switched => {}
                _ if is_session_of_sts(&self.mints[place]) => sessions.push(place),
                _ => {
                    let node = self.bear_otherwise(place);
                    self.node_of_mint[place] = node.unwrap_or(NONE);
                    keyless.push(place);
                }
            }
        }
        self.bear_sessions(&sessions);
        for place in keyless.into_iter().chain(sessions) {
            self.note_birth(place);
        }
        self.sort_sessions();
        // A console that switches roles has another event mint; this one only tells of it.
        for place in 0..self.mints.len() {
            if self.mints[place].mint().from == From::Switched {
                self.node_of_mint[place] = self.bear_switched(place);
            }
        }
        for place in 0..self.mints.len() {
            let node = self.node_of_mint[place];
            let minted = &self.mints[place];
            if minted.mint().from == From::Switched && node != NONE {
                let (at, principal) = (minted.at, minted.caller.who.principal);
                self.tuples.push((principal, at, node));
            }
        }
        self.sort_sessions();
    }

    /// A long-term key is no session, whatever an event says that it minted: a key that was made as one, or that signs
    /// without a session. Samples have ids of long-term keys for sessions, but show the session in their uses.
    fn spare_long_term_keys(&mut self) {
        let is_named_so = |build: &Build, key: Text| build.text(key).starts_with("AKIA");
        let suspect = |minted: &Minted| {
            minted.mint().makes != Kind::AccessKey && !minted.field(Field::Key).is_empty()
        };
        let mut keys: Set<Text> = self
            .mints
            .iter()
            .filter(|minted| suspect(minted))
            .map(|minted| minted.field(Field::Key))
            .filter(|key| is_named_so(self, *key))
            .collect();
        if keys.is_empty() {
            return;
        }
        let made = self
            .mints
            .iter()
            .filter(|minted| minted.mint().makes == Kind::AccessKey)
            .map(|minted| minted.field(Field::Key));
        let is_used_so = |sighting: &&Sighting| {
            matches!(sighting.caller, CallerType::IamUser | CallerType::Root)
                && sighting.flags.has(Flags::NO_SESSION)
        };
        let used = self.sightings.iter().filter(is_used_so);
        let long_term: Set<Text> = used.map(|it| it.who.key).chain(made).collect();
        keys.retain(|key| long_term.contains(key));
        for place in 0..self.mints.len() {
            let minted = &self.mints[place];
            let key = minted.field(Field::Key);
            if !suspect(minted) || !keys.contains(&key) {
                continue;
            }
            let (api, event) = (minted.api(), minted.event);
            self.mints[place].fields[Field::Key as usize] = Text::EMPTY;
            self.problem("long-term-key-as-session", |strings| {
                format!(
                    "{api}: event {} says that it minted {}, which is a long-term key",
                    strings.get(event),
                    strings.get(key)
                )
            });
        }
    }

    fn bear_by_key(&mut self, place: usize) {
        let minted = self.mints[place].clone();
        let (key, makes, at) = (minted.field(Field::Key), minted.mint().makes, minted.at);
        let account = match makes {
            Kind::AccessKey => Some(self.owner(&minted).0),
            _ if is_session_of_sts(&minted) => self.tuple_of(&minted).map(|(account, _)| account),
            _ => None,
        };
        let node = self.ensure_hash(credential_hash(self.text(key)), makes);
        self.minted.insert(key, node);
        self.node_of_mint[place] = node;
        let entry = self.entry(node);
        entry.minted_key = key;
        entry.account = entry.account.or(account.unwrap_or_default());
        if entry.issued == NEVER {
            entry.issued = at;
        } else if at - entry.issued > 60 * SECOND {
            self.problem("key-minted-twice", |strings| {
                let key = strings.get(key);
                format!("{key}: two events a minute or more apart mint it")
            });
        }
    }

    /// The credential of an event that names no key.
    fn bear_otherwise(&mut self, place: usize) -> Option<u32> {
        let minted = self.mints[place].clone();
        let caller = minted.caller;
        let at = minted.at;
        let makes = minted.mint().makes;
        let node = match (minted.mint().from, makes) {
            (From::Password, _) => {
                let principal = match caller.who.principal.is_empty() {
                    true => caller.user,
                    false => caller.who.principal,
                };
                if principal.is_empty() {
                    return self.without_answer(&minted);
                }
                self.ensure_session(caller.who.account, principal, at, makes)
            }
            (From::Console, _) => {
                let created = known(caller.who.created).unwrap_or(at);
                if caller.who.principal.is_empty() {
                    return self.without_answer(&minted);
                }
                self.ensure_session(caller.who.account, caller.who.principal, created, makes)
            }
            (From::Person, _) => self.bear_bearer("portal", &minted),
            (_, Kind::OauthSession) => self.bear_bearer("oauth", &minted),
            (_, Kind::Password) => {
                let (account, user) = self.owner(&minted);
                // The name may be left out for one's own; a role has none.
                if user.is_empty() {
                    return self.without_answer(&minted);
                }
                let evidence = format!(
                    "password|{}|{}|{}|{}",
                    self.text(account),
                    self.text(user),
                    at,
                    self.text(minted.event)
                );
                let node = self.ensure(&evidence, makes);
                let list = self.passwords.entry((account, user)).or_default();
                list.push((at, node));
                node
            }
            (_, Kind::MfaDevice) => {
                let serial = minted.field(Field::Serial);
                if serial.is_empty() {
                    return self.without_answer(&minted);
                }
                let enables = minted.mint().actions == ["EnableMFADevice"];
                let list = self.devices.entry(serial).or_default();
                let before = list.last().copied();
                match before {
                    Some((_, node)) if enables => node,
                    _ => {
                        let evidence = match enables {
                            true => format!("mfa|{}", self.text(serial)),
                            false => format!("mfa|{}|{at}", self.text(serial)),
                        };
                        let node = self.ensure(&evidence, makes);
                        self.devices.entry(serial).or_default().push((at, node));
                        node
                    }
                }
            }
            _ => return self.without_answer(&minted),
        };
        let entry = self.entry(node);
        if entry.issued == NEVER || at < entry.issued {
            entry.issued = at;
        }
        Some(node)
    }

    /// Sessions whose answers are missing: copies of some that are known, and such as only their uses can name.
    /// The uses of two that are alike cannot be told apart, so neither of the two is what uses name.
    fn bear_sessions(&mut self, places: &[usize]) {
        let mut number_of: Map<Alike, usize> = Map::default();
        let mut groups: Vec<(Alike, Vec<usize>)> = Vec::new();
        for place in places {
            let minted = self.mints[*place].clone();
            if let Some(twin) = self.shared.get(&(minted.shared, minted.action)) {
                self.node_of_mint[*place] = *twin;
                continue;
            }
            let Some(alike) = self.alike(&minted) else {
                self.without_answer(&minted);
                continue;
            };
            let number = *number_of.entry(alike).or_insert(groups.len());
            if number == groups.len() {
                groups.push((alike, Vec::new()));
            }
            groups[number].1.push(*place);
        }
        // Which trails told of a minting that names its key.
        let mut copies = Set::default();
        if !groups.is_empty() {
            let born = self.mints.iter().zip(&self.node_of_mint);
            let by_key = born.filter(|(minted, node)| **node != NONE && names_its_key(minted));
            copies.extend(by_key.map(|(minted, node)| (*node, minted.caller.recipient)));
        }
        for (alike, places) in groups {
            self.bear_alike(alike, &places, &mut copies);
        }
    }

    fn bear_alike(&mut self, alike: Alike, places: &[usize], copies: &mut Set<(u32, Text)>) {
        let twins = match alike.by {
            By::Principal(principal) => self.sessions_at(principal, alike.at),
            By::Name(role, name) => match self.named.get(&(alike.account, role, name)) {
                Some(list) => at_instant(list, alike.at),
                None => Vec::new(),
            },
        };
        // The caller's copy and the owner's may differ in what they leave out.
        let mut births: Vec<Vec<usize>> = Vec::new();
        for place in places {
            let minted = &self.mints[*place];
            let (recipient, shared) = (minted.caller.recipient, minted.shared);
            if let [twin] = twins[..]
                && copies.insert((twin, recipient))
            {
                self.node_of_mint[*place] = twin;
                continue;
            }
            let copy = births.iter_mut().find(|born| {
                born.iter().all(|other| {
                    let other = &self.mints[*other];
                    match other.shared.is_empty() || shared.is_empty() {
                        true => other.caller.recipient != recipient,
                        false => other.shared == shared,
                    }
                })
            });
            match copy {
                Some(born) => born.push(*place),
                None => births.push(vec![*place]),
            }
        }
        let alone = births.len() == 1 && twins.is_empty();
        for born in births {
            let minted = self.mints[born[0]].clone();
            let mut evidence = match alike.by {
                By::Principal(principal) => {
                    session_evidence(self.text(alike.account), self.text(principal), alike.at)
                }
                By::Name(_, name) => format!(
                    "role|{}|{}|{}",
                    self.text(minted.field(Field::Role)),
                    self.text(name),
                    alike.at
                ),
            };
            if !alone {
                evidence = format!("{evidence}|{}", self.text(minted.shared.or(minted.event)));
            }
            let node = self.ensure(&evidence, minted.mint().makes);
            self.entry(node).issued = alike.at;
            for place in born {
                self.node_of_mint[place] = node;
            }
        }
    }

    /// What an event without an answer says of the session that it mints; nothing where it says nothing.
    fn alike(&mut self, minted: &Minted) -> Option<Alike> {
        let (account, principal) = self.tuple_of(minted)?;
        let at = minted.at;
        if !principal.is_empty() {
            let by = By::Principal(principal);
            return Some(Alike { account, by, at });
        }
        let (account, role) = self.role_of(minted.field(Field::Role))?;
        let by = By::Name(role, minted.field(Field::SessionName));
        Some(Alike { account, by, at })
    }

    fn bear_bearer(&mut self, what: &str, minted: &Minted) -> u32 {
        let bearer = minted.field(Field::Bearer);
        let evidence = match bearer.is_empty() {
            true => format!("{what}|event|{}", self.text(minted.event)),
            false => format!("{what}|{}", self.text(bearer)),
        };
        self.ensure(&evidence, minted.mint().makes)
    }

    fn bear_switched(&mut self, place: usize) -> u32 {
        let minted = self.mints[place].clone();
        let who = minted.caller.who;
        let twins = self.sessions_at(who.principal, minted.at);
        if let [twin] = twins[..] {
            return twin;
        }
        if twins.len() > 1 || who.principal.is_empty() {
            return NONE;
        }
        let node = self.ensure_session(who.account, who.principal, minted.at, minted.mint().makes);
        self.entry(node).issued = minted.at;
        node
    }

    fn without_answer(&mut self, minted: &Minted) -> Option<u32> {
        let event = minted.event;
        let api = minted.api();
        self.problem("mint-without-answer", |strings| {
            format!(
                "{api}: event {} does not say what it made",
                strings.get(event)
            )
        });
        None
    }

    /// Account and principal id of the session that an event mints; empty where the event does not say.
    pub(super) fn tuple_of(&mut self, minted: &Minted) -> Option<(Text, Text)> {
        let who = minted.caller.who;
        Some(match minted.mint().makes {
            Kind::RootSession => {
                let target = self.text(minted.field(Field::Account)).to_owned();
                let account = match keyline_trail::arn::Arn::parse(&target) {
                    Some(arn) => self.strings.intern(arn.account),
                    None => minted.field(Field::Account),
                };
                (account, account)
            }
            _ if minted.mint().from == From::CallerItself => (who.account, who.principal),
            Kind::FederationToken => {
                let name = minted.field(Field::SessionName);
                let principal = match minted.field(Field::Principal) {
                    given if !given.is_empty() || name.is_empty() => given,
                    _ => {
                        let told = format!("{}:{}", self.text(who.account), self.text(name));
                        self.strings.intern(&told)
                    }
                };
                (who.account, principal)
            }
            _ => {
                let role = minted.field(Field::Role).or(minted.field(Field::Arn));
                let account = self
                    .role_of(role)
                    .map_or(who.account, |(account, _)| account);
                (account, minted.field(Field::Principal))
            }
        })
    }

    /// The account and the user that something of a user belongs to.
    pub(super) fn owner(&mut self, minted: &Minted) -> (Text, Text) {
        let caller = &minted.caller;
        let account = caller.recipient.or(caller.who.account);
        // The root user's name is the alias of its account.
        let own = match caller.kind {
            CallerType::Root => Text::EMPTY,
            _ => caller.user,
        };
        (account, minted.field(Field::User).or(own))
    }

    /// Fills the look-ups by which copies of an event and uses of a session find it.
    fn note_birth(&mut self, place: usize) {
        let node = self.node_of_mint[place];
        if node == NONE {
            return;
        }
        let minted = self.mints[place].clone();
        let at = minted.at;
        if !minted.shared.is_empty() && !minted.field(Field::Key).is_empty() {
            self.shared
                .entry((minted.shared, minted.action))
                .or_insert(node);
        }
        match minted.mint().makes {
            Kind::ConsoleSession => {
                let who = minted.caller.who;
                let principal = who.principal.or(minted.caller.user);
                self.tuples.push((principal, at, node));
                if let Some(created) = known(who.created) {
                    self.tuples.push((principal, created, node));
                }
            }
            // The key of such a token is never replaced by another: only without it the second counts.
            Kind::SessionToken if !minted.field(Field::Key).is_empty() => {}
            Kind::RoleSession
            | Kind::ServiceSession
            | Kind::SessionToken
            | Kind::FederationToken
            | Kind::RootSession
            | Kind::UnknownTemporary => {
                let Some((_, principal)) = self.tuple_of(&minted) else {
                    return;
                };
                if !principal.is_empty() {
                    self.tuples.push((principal, at, node));
                } else if let Some((account, role)) = self.role_of(minted.field(Field::Role)) {
                    let key = (account, role, minted.field(Field::SessionName));
                    self.named.entry(key).or_default().push((at, node));
                }
            }
            _ => {}
        }
    }

    fn sort_sessions(&mut self) {
        self.tuples.sort_unstable();
        self.tuples.dedup();
        for list in self.named.values_mut() {
            list.sort_unstable();
            list.dedup();
        }
    }
}

/// What events without an answer have in common if the sessions that they mint cannot be told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Alike {
    account: Text,
    by: By,
    at: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum By {
    /// The full id of the principal.
    Principal(Text),
    /// The role, and the name of the session.
    Name(Text, Text),
}

/// Whether a key is minted and named; those of sign-in URLs and of the portal are minted by other events.
fn names_its_key(minted: &Minted) -> bool {
    let makes_key = !matches!(minted.mint().from, From::SignInUrl | From::Portal);
    makes_key && !minted.field(Field::Key).is_empty()
}

fn is_session_of_sts(minted: &Minted) -> bool {
    let makes = minted.mint().makes;
    minted.mint().service == "sts"
        && matches!(
            makes,
            Kind::RoleSession
                | Kind::ServiceSession
                | Kind::RootSession
                | Kind::SessionToken
                | Kind::FederationToken
        )
}
