//! When a principal's power was taken away and given back, and what that meant for one credential.
//!
//! A timeline holds the denials of one user, role or account with their beginnings and ends. From it and from a
//! credential's own changes come the changes that the credential shows.

use std::collections::HashMap;

use crate::build::SECOND;
use crate::control::{Lever, Power, stops, stops_in_account};
use crate::credential::{Effect, Kind};
use crate::entry::Entry;
use crate::limits::AFTER_REVOCATION_S;
use crate::policy::Denial;
use crate::strings::{Strings, Text};
use crate::usage::{ALWAYS, NEVER};
use crate::wildcards::matches;

/// Whose power is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Owner {
    User(Text, Text),
    Role(Text, Text),
    Group(Text, Text),
    /// An account, or a unit of accounts.
    Account(Text),
    /// A person of Identity Center.
    Person(Text),
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Timelines {
    pub by_owner: HashMap<Owner, Timeline>,
    /// What was done to credentials themselves.
    pub own: HashMap<u32, Vec<Act>>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Timeline {
    pub denied: Vec<Denied>,
    pub deleted: Vec<Act>,
}

/// A time during which something is denied.
#[derive(Clone, Debug)]
pub(crate) struct Denied {
    pub denial: Denial,
    pub from: Act,
    pub until: Option<Act>,
}

/// An event that changed something.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Act {
    pub at: i64,
    pub effect: Effect,
    pub by: Text,
    pub event: Text,
    pub by_node: u32,
}

impl Timelines {
    /// What was done to a credential or to the power that it has, in order of time.
    /// `parent` is the credential's own.
    pub(crate) fn of(
        &self,
        node: u32,
        entry: &Entry,
        parent: Option<&Entry>,
        strings: &Strings,
    ) -> Vec<Act> {
        let mut acts = self.own.get(&node).cloned().unwrap_or_default();
        let mut denied: Vec<&Denied> = Vec::new();
        for owner in owners(entry, parent, strings) {
            let Some(timeline) = self.by_owner.get(&owner) else {
                continue;
            };
            denied.extend(
                timeline
                    .denied
                    .iter()
                    .filter(|denied| applies(denied, owner, entry, strings)),
            );
            let can_be_deleted = match owner {
                Owner::User(..) => stops(Lever::DeletePrincipal, Power::OfUser, entry.kind),
                Owner::Role(..) => stops(Lever::DeletePrincipal, Power::OfRole, entry.kind),
                Owner::Person(_) => true,
                Owner::Group(..) | Owner::Account(_) => false,
            };
            let born = born(entry);
            let deleted = timeline
                .deleted
                .iter()
                .find(|act| can_be_deleted && (born == NEVER || born <= act.at));
            acts.extend(deleted);
        }
        acts.extend(union(denied));
        acts.sort_by(|a, b| {
            (a.at, a.effect)
                .cmp(&(b.at, b.effect))
                .then_with(|| strings.get(a.event).cmp(strings.get(b.event)))
        });
        acts
    }

    /// When sessions of the power that a session has were last revoked by their age, shortly before it was issued.
    pub(crate) fn escaped(
        &self,
        entry: &Entry,
        parent: Option<&Entry>,
        strings: &Strings,
    ) -> Option<i64> {
        if entry.issued == NEVER {
            return None;
        }
        let since = entry.issued.saturating_sub(AFTER_REVOCATION_S * SECOND);
        let lines = owners(entry, parent, strings)
            .into_iter()
            .filter_map(|owner| Some((owner, self.by_owner.get(&owner)?)));
        let of_age = lines.flat_map(|(owner, line)| {
            line.denied
                .iter()
                .filter(move |denied| {
                    let from = denied.from.at;
                    since <= from
                        && from <= entry.issued
                        && denied
                            .denial
                            .issued_before
                            .is_some_and(|at| at <= entry.issued)
                        && !is_long_term(entry.kind)
                        && binds(denied, owner, entry, strings)
                })
                .map(|denied| denied.from.at)
        });
        of_age.max()
    }
}

/// When a credential is first known of.
fn born(entry: &Entry) -> i64 {
    match (entry.issued, &entry.usage) {
        (NEVER, Some(usage)) if usage.first != ALWAYS => usage.first,
        (issued, _) => issued,
    }
}

/// Whose power a credential has.
fn owners(entry: &Entry, parent: Option<&Entry>, strings: &Strings) -> Vec<Owner> {
    let mut owners = Vec::new();
    // The session of the access portal is all that a person has of its own.
    if entry.kind == Kind::IdentityCenterSession {
        let person = parent.filter(|parent| parent.kind == Kind::FederatedIdentity);
        owners.extend(person.map(|person| Owner::Person(person.principal)));
        return owners;
    }
    let role = match entry.role.is_empty() {
        false => strings.get(entry.role),
        true => strings.get(entry.arn),
    };
    match crate::build::role_parts(role) {
        Some((account, name)) if stops(Lever::DenyAll, Power::OfRole, entry.kind) => {
            if let (Some(account), Some(name)) = (strings.find(account), strings.find(name)) {
                owners.push(Owner::Role(account, name));
            }
        }
        _ if !entry.user.is_empty() => owners.push(Owner::User(entry.account, entry.user)),
        _ => {}
    }
    // A service-linked role is beyond an organisation's policies.
    if stops_in_account(Lever::DenyAll, entry.kind) && !role.contains(":role/aws-service-role/") {
        owners.push(Owner::Account(entry.account));
    }
    owners
}

fn applies(denied: &Denied, owner: Owner, entry: &Entry, strings: &Strings) -> bool {
    let issued = match denied.denial.issued_before {
        None => true,
        Some(_) if is_long_term(entry.kind) => denied.denial.without_issue_time,
        Some(before) => entry.issued != NEVER && entry.issued < before,
    };
    issued && binds(denied, owner, entry, strings)
}

/// Whether a denial binds a credential, whenever that was issued before the end of the denial.
fn binds(denied: &Denied, owner: Owner, entry: &Entry, strings: &Strings) -> bool {
    let denial = &denied.denial;
    let lever = match denial.issued_before {
        Some(_) if !denial.without_issue_time => Lever::DenyIssuedBefore,
        _ => Lever::DenyAll,
    };
    let stopped = match owner {
        Owner::User(..) | Owner::Group(..) => stops(lever, Power::OfUser, entry.kind),
        Owner::Role(..) => stops(lever, Power::OfRole, entry.kind),
        Owner::Person(_) => true,
        Owner::Account(_) => stops_in_account(lever, entry.kind),
    };
    let over = denied
        .until
        .is_some_and(|until| entry.issued != NEVER && until.at <= entry.issued);
    let too_late = entry.expires != NEVER && entry.expires <= denied.from.at;
    let among = |patterns: &[String], text: &str| {
        patterns.is_empty() || patterns.iter().any(|pattern| matches(pattern, text))
    };
    let sign_in = match entry.origin {
        Some(("sign-in-session", id)) => strings.get(id),
        _ => "",
    };
    stopped
        && !over
        && !too_late
        && among(&denial.callers, strings.get(entry.principal))
        && among(&denial.sign_ins, sign_in)
        && among(
            &denial.source_identities,
            strings.get(entry.source_identity),
        )
}

/// Whether what a credential signs has no issue time.
fn is_long_term(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::AccessKey | Kind::ServiceCredential | Kind::SshKey
    )
}

/// Several denials at a time are one: it begins with the first and ends with the last.
fn union(mut denied: Vec<&Denied>) -> Vec<Act> {
    denied.sort_by_key(|denied| {
        (
            denied.from.at,
            denied.until.map_or(ALWAYS, |until| until.at),
        )
    });
    let mut acts: Vec<Act> = Vec::new();
    let mut end: Option<Option<Act>> = None;
    for denied in denied {
        match end {
            // Still denied when this one begins.
            Some(None) => continue,
            Some(Some(until)) if denied.from.at <= until.at => {
                end = match denied.until {
                    None => Some(None),
                    Some(later) if later.at > until.at => Some(Some(later)),
                    Some(_) => end,
                };
                continue;
            }
            Some(Some(until)) => acts.push(until),
            None => {}
        }
        acts.push(denied.from);
        end = Some(denied.until);
    }
    acts.extend(end.flatten());
    acts
}
