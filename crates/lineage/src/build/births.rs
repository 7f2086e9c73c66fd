//! Minting events become credentials.
//!
//! Each event finds the credential that it mints, or makes it: by the key that its answer names; else by what
//! else tells the credential from others. Copies of one event in several accounts' trails meet here, since they
//! name one key or share an id.

use crate::build::{Build, SECOND, at_instant, known};
use crate::credential::Kind;
use crate::deed::Minted;
use crate::entry::NONE;
use crate::mint::{Field, From};
use crate::strings::Text;
use crate::usage::NEVER;

impl Build {
    pub(super) fn bear(&mut self) {
        // Those that name a key first: the others look for them.
        for place in 0..self.mints.len() {
            let minted = &self.mints[place];
            let makes_key = !matches!(minted.mint().from, From::SignInUrl | From::Portal);
            if makes_key && !minted.field(Field::Key).is_empty() {
                self.bear_by_key(place);
                self.note_birth(place);
            }
        }
        self.sort_sessions();
        let mut keyless = Vec::new();
        for place in 0..self.mints.len() {
            if self.node_of_mint[place] != NONE {
                continue;
            }
            let at = self.mints[place].at;
            let principal = self.mints[place].caller.who.principal;
            match self.mints[place].mint().from {
                From::Portal => self.portals.push(place as u32),
                From::SignInUrl => self
                    .urls
                    .entry(principal)
                    .or_default()
                    .push((at, place as u32)),
                From::Switched => {}
                _ => {
                    let node = self.bear_otherwise(place);
                    self.node_of_mint[place] = node.unwrap_or(NONE);
                    keyless.push(place);
                }
            }
        }
        for place in keyless {
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

    fn bear_by_key(&mut self, place: usize) {
        let minted = &self.mints[place];
        let (key, makes, at) = (minted.field(Field::Key), minted.mint().makes, minted.at);
        let evidence = self.text(key).to_owned();
        let node = self.ensure(&evidence, makes);
        self.minted.insert(key, node);
        self.node_of_mint[place] = node;
        let entry = self.entry(node);
        entry.minted_key = key;
        if entry.issued == NEVER {
            entry.issued = at;
        } else if at - entry.issued > 60 * SECOND {
            let evidence = evidence.clone();
            self.problem("key-minted-twice", |_| {
                format!("{evidence}: two events a minute or more apart mint it")
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
            (_, Kind::RoleSession | Kind::ServiceSession | Kind::RootSession)
            | (_, Kind::SessionToken | Kind::FederationToken)
                if minted.mint().service == "sts" =>
            {
                self.bear_session(&minted)?
            }
            _ => return self.without_answer(&minted),
        };
        let entry = self.entry(node);
        if entry.issued == NEVER || at < entry.issued {
            entry.issued = at;
        }
        Some(node)
    }

    /// A session whose answer is missing: a copy of one that is known, or one that only its uses can name.
    fn bear_session(&mut self, minted: &Minted) -> Option<u32> {
        if let Some(twin) = self.shared.get(&(minted.shared, minted.action)) {
            return Some(*twin);
        }
        let (account, principal) = self.tuple_of(minted)?;
        if !principal.is_empty() {
            let twins = self.sessions_at(principal, minted.at);
            // The caller's copy and the owner's may differ in what they leave out.
            if let [twin] = twins[..]
                && self.is_other_copy(twin, minted)
            {
                return Some(twin);
            }
            return Some(self.ensure_session(account, principal, minted.at, minted.mint().makes));
        }
        let (account, role) = self.role_of(minted.field(Field::Role))?;
        let name = minted.field(Field::SessionName);
        let twins = match self.named.get(&(account, role, name)) {
            Some(list) => at_instant(list, minted.at),
            None => Vec::new(),
        };
        if let [twin] = twins[..]
            && self.is_other_copy(twin, minted)
        {
            return Some(twin);
        }
        let evidence = format!(
            "role|{}|{}|{}",
            self.text(minted.field(Field::Role)),
            self.text(name),
            minted.at
        );
        Some(self.ensure(&evidence, minted.mint().makes))
    }

    /// Whether no event of the same trail mints this credential.
    fn is_other_copy(&self, node: u32, minted: &Minted) -> bool {
        !self.copies.contains(&(node, minted.caller.recipient))
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
            Kind::FederationToken => (who.account, minted.field(Field::Principal)),
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
        let user = minted.field(Field::User).or(caller.user);
        (account, user)
    }

    /// Fills the look-ups by which copies of an event and uses of a session find it.
    fn note_birth(&mut self, place: usize) {
        let node = self.node_of_mint[place];
        if node == NONE {
            return;
        }
        let minted = self.mints[place].clone();
        let at = minted.at;
        self.copies.insert((node, minted.caller.recipient));
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
