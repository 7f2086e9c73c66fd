//! Credentials by what an analyst has in hand.
//!
//! A text goes in: the id of a credential or of a key, an ARN, the name of a user, a role or a session, a
//! source identity, an MFA device's serial number, an address, the id of an instance, a function or a task. Out
//! come the nodes that it fits, in order. Text is compared as a whole; where nothing is spelt so, whether letters are
//! small or large does not matter.

use keyline_trail::address;
use keyline_trail::arn::Arn;
use keyline_trail::session::credential_id;

use crate::build::attributes::{last_part, session_name};
use crate::build::role_parts;
use crate::credential::{Credential, Kind};
use crate::entry::Entry;
use crate::forest::{Forest, Linked, Node, Store};
use crate::sighting::is_key;
use crate::strings::Text;

impl Forest {
    /// The nodes that a text fits. An id or an alias fits its credential alone, and the id of a key whoever has that
    /// key: what else is called so, by chance or by somebody's will, does not belong to it.
    pub fn find(&self, text: &str) -> Vec<Node> {
        let text = text.trim();
        if text.is_empty() {
            return Vec::new();
        }
        if let Some(node) = self.by_id(text) {
            return vec![node];
        }
        // Ids of keys have large letters, whoever types them.
        let large = text.to_ascii_uppercase();
        for key in [text, &large] {
            let having = match is_key(key) {
                true => self.having_key(key),
                false => Vec::new(),
            };
            if !having.is_empty() {
                return having;
            }
        }
        let found = self.fitting(text, Case::Counts);
        match found.is_empty() {
            true => self.fitting(text, Case::Ignored),
            false => found,
        }
    }

    fn fitting(&self, text: &str, case: Case) -> Vec<Node> {
        let address = address::canonical(text);
        let wanted = Wanted {
            text,
            address: if address.is_empty() { text } else { &address },
            user: user_of(text),
            role: role_parts(text).filter(|_| text.contains(":role/")),
            case,
        };
        match &self.store {
            Store::Whole(credentials, _) => self
                .nodes()
                .filter(|node| wanted.fits(&credentials[node.0 as usize]))
                .collect(),
            Store::Linked(linked, _) => {
                let known = wanted.known(linked);
                self.nodes()
                    .filter(|node| known.fits(linked, &linked.entries[node.0 as usize]))
                    .collect()
            }
        }
    }

    fn having_key(&self, key: &str) -> Vec<Node> {
        match &self.store {
            Store::Whole(credentials, _) => {
                let has = |node: &Node| {
                    let credential = &credentials[node.0 as usize];
                    let minted = credential.minted_key_id.as_deref() == Some(key);
                    minted || credential.access_key_ids.iter().any(|other| other == key)
                };
                self.nodes().filter(has).collect()
            }
            Store::Linked(linked, _) => {
                let Some(key) = linked.strings.find(key) else {
                    return Vec::new();
                };
                let has = |node: &Node| {
                    let entry = &linked.entries[node.0 as usize];
                    entry.minted_key == key || entry.keys.of(&linked.keys).contains(&key)
                };
                self.nodes().filter(has).collect()
            }
        }
    }

    /// The node that was seen or minted under an access key id.
    pub fn by_access_key(&self, key: &str) -> Option<Node> {
        self.by_id(&credential_id(key))
    }
}

/// Whether small letters differ from large ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Case {
    Counts,
    Ignored,
}

impl Case {
    fn same(self, one: &str, other: &str) -> bool {
        match self {
            Case::Counts => one == other,
            Case::Ignored => one.eq_ignore_ascii_case(other),
        }
    }

    /// Whether two pairs of an account and a name are the same.
    fn same_pair(self, one: (&str, &str), other: (&str, &str)) -> bool {
        one.0 == other.0 && self.same(one.1, other.1)
    }
}

struct Wanted<'a> {
    text: &'a str,
    /// The same as an address in its one spelling, if it is one.
    address: &'a str,
    /// Account and name of the user whose ARN the text is.
    user: Option<(&'a str, &'a str)>,
    role: Option<(&'a str, &'a str)>,
    case: Case,
}

/// The same in a forest's numbers; what the forest does not know fits nothing.
struct Known<'a> {
    /// Every spelling that the forest knows.
    texts: Vec<Text>,
    address: Option<Text>,
    wanted: &'a Wanted<'a>,
}

impl Wanted<'_> {
    fn known<'a>(&'a self, linked: &Linked) -> Known<'a> {
        let strings = &linked.strings;
        let same = |text: &Text| self.case.same(strings.get(*text), self.text);
        Known {
            texts: match self.case {
                Case::Counts => strings.find(self.text).into_iter().collect(),
                Case::Ignored => strings.all().filter(same).collect(),
            },
            address: strings.find(self.address),
            wanted: self,
        }
    }

    fn fits(&self, credential: &Credential) -> bool {
        let same = |text: &str| self.case.same(text, self.text);
        let name = role_parts(&credential.role_arn).map_or("", |(_, name)| name);
        credential.access_key_ids.iter().any(|key| same(key))
            || [
                &credential.principal_arn,
                &credential.principal_id,
                &credential.role_arn,
                &credential.session_name,
                &credential.user_name,
                &credential.source_identity,
                &credential.mfa_serial,
            ]
            .into_iter()
            .any(|value| same(value))
            || same(name)
            || credential.minted_key_id.as_deref().is_some_and(same)
            || credential
                .origin
                .as_ref()
                .is_some_and(|origin| is_workload(&origin.id, self.text, self.case))
            || self.user.is_some_and(|user| {
                let of_credential = (&credential.account_id[..], &credential.user_name[..]);
                self.case.same_pair(of_credential, user) && credential.role_arn.is_empty()
            })
            || self.role.is_some_and(|role| {
                let parts = role_parts(&credential.role_arn);
                parts.is_some_and(|parts| self.case.same_pair(parts, role))
            })
            || credential
                .sources
                .iter()
                .any(|source| source.address == self.address)
    }
}

impl Known<'_> {
    fn fits(&self, linked: &Linked, entry: &Entry) -> bool {
        let strings = &linked.strings;
        let Wanted { text, case, .. } = *self.wanted;
        let same = |value: Text| self.texts.contains(&value);
        let origin = |id: Text| is_workload(strings.get(id), text, case);
        let is_user = |user: (&str, &str)| {
            let of_entry = (strings.get(entry.account), strings.get(entry.user));
            case.same_pair(of_entry, user)
        };
        [
            entry.minted_key,
            entry.arn,
            entry.principal,
            entry.role,
            entry.user,
            entry.source_identity,
            entry.serial,
        ]
        .into_iter()
        .any(same)
            || entry.keys.of(&linked.keys).iter().copied().any(same)
            || entry.origin.is_some_and(|(_, id)| origin(id))
            || (!entry.role.is_empty() && self.fits_role(linked, entry))
            || (entry.kind == Kind::FederationToken
                && strings
                    .get(entry.principal)
                    .rsplit(':')
                    .next()
                    .is_some_and(|name| case.same(name, text)))
            || (entry.role.is_empty() && self.wanted.user.is_some_and(is_user))
            || self.address.is_some_and(|address| {
                let mut sources = entry.usage.iter().flat_map(|usage| usage.sources.iter());
                sources.any(|source| source.address == address)
            })
    }

    fn fits_role(&self, linked: &Linked, entry: &Entry) -> bool {
        let Wanted { text, case, .. } = *self.wanted;
        let role = role_parts(linked.strings.get(entry.role));
        role.is_some_and(|(_, name)| case.same(name, text))
            || (role.zip(self.wanted.role)).is_some_and(|(one, other)| case.same_pair(one, other))
            || case.same(session_name(&linked.strings, entry), text)
    }
}

/// Whether a text is a workload's id or ARN; records give one or the other.
fn is_workload(id: &str, text: &str, case: Case) -> bool {
    fn last(text: &str) -> &str {
        text.rsplit([':', '/']).next().unwrap_or_default()
    }
    case.same(id, text)
        || case.same(last(id), text)
        || (text.starts_with("arn:") && case.same(last(text), id))
}

/// Account and name of a user by the user's ARN.
fn user_of(text: &str) -> Option<(&str, &str)> {
    let arn = Arn::parse(text)?;
    let path = arn.resource.strip_prefix("user/")?;
    Some((arn.account, last_part(path)))
}
