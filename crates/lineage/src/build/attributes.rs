//! What is known of each credential itself: its principal, kind, times and use.
//!
//! Minting events and sightings of one credential are laid together; where they overlap, what was minted counts
//! first. Who its parent is comes later.

use keyline_trail::arn::Arn;
use keyline_trail::partition::{Partition, service_name};
use keyline_trail::time::format_time;

use crate::build::{Build, SECOND, known};
use crate::credential::Kind;
use crate::entry::{Entry, NONE};
use crate::json;
use crate::limits::CLOCKS_S;
use crate::mint::{Field, From, SCOPES, WORKLOADS};
use crate::sighting::{CallerType, Flags};
use crate::strings::{Strings, Text};
use crate::usage::NEVER;

/// Lists of numbers by credential, in one piece.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lists {
    starts: Vec<u32>,
    items: Vec<u32>,
}

impl Lists {
    /// The places of `node_of` by the credential that stands there, in order.
    pub(super) fn new(node_of: &[u32], nodes: usize) -> Lists {
        let mut starts = vec![0u32; nodes + 1];
        for node in node_of.iter().filter(|node| **node != NONE) {
            starts[*node as usize + 1] += 1;
        }
        for at in 0..nodes {
            starts[at + 1] += starts[at];
        }
        let mut next = starts.clone();
        let mut items = vec![0; starts[nodes] as usize];
        for (place, node) in node_of
            .iter()
            .enumerate()
            .filter(|(_, node)| **node != NONE)
        {
            items[next[*node as usize] as usize] = place as u32;
            next[*node as usize] += 1;
        }
        Lists { starts, items }
    }

    pub(crate) fn of(&self, node: u32) -> &[u32] {
        match (
            self.starts.get(node as usize),
            self.starts.get(node as usize + 1),
        ) {
            (Some(start), Some(end)) => &self.items[*start as usize..*end as usize],
            _ => &[],
        }
    }
}

impl Build {
    pub(super) fn describe(&mut self) {
        self.mints_of = Lists::new(&self.node_of_mint, self.entries.len());
        self.sightings_of = Lists::new(&self.node_of_sighting, self.entries.len());
        for node in 0..self.entries.len() as u32 {
            let known = &mut self.entries[node as usize];
            let empty = Entry::new(known.hash, known.kind);
            let mut entry = std::mem::replace(known, empty);
            for place in 0..self.mints_of.of(node).len() {
                let place = self.mints_of.of(node)[place];
                self.describe_minted(&mut entry, place as usize);
            }
            let mut flags = Flags::default();
            for place in 0..self.sightings_of.of(node).len() {
                let place = self.sightings_of.of(node)[place] as usize;
                flags.add(self.sightings[place].flags);
                self.describe_used(&mut entry, place);
            }
            self.settle_kind(&mut entry, node, flags);
            self.entries[node as usize] = entry;
        }
    }

    fn describe_minted(&mut self, entry: &mut Entry, place: usize) {
        let minted = self.mints[place].clone();
        let mint = minted.mint();
        let caller = minted.caller;
        let field = |field| minted.field(field);
        let switched = mint.from == From::Switched;
        if entry.api.is_empty() || self.text(entry.api) == "signin:SwitchRole" {
            entry.api = self.api(&minted);
        }
        if !switched {
            entry.issued = match entry.issued {
                NEVER => minted.at,
                issued => issued.min(minted.at),
            };
        }
        if entry.expires == NEVER && minted.expires > minted.at {
            entry.expires = minted.expires;
        }
        entry.source_identity = entry.source_identity.or(field(Field::SourceIdentity));
        entry.serial = entry.serial.or(field(Field::Serial));
        let partition = Partition::of_arn(self.text(caller.arn)).unwrap_or(Partition::Aws);
        match mint.makes {
            Kind::RoleSession | Kind::ServiceSession if !switched && mint.from != From::Console => {
                entry.role = entry.role.or(field(Field::Role));
                entry.arn = entry.arn.or(field(Field::Arn));
                if let Some((account, principal)) = self.tuple_of(&minted) {
                    entry.account = entry.account.or(account);
                    entry.principal = entry.principal.or(principal);
                }
                let name = field(Field::SessionName);
                if entry.arn.is_empty()
                    && !name.is_empty()
                    && let role = self.text(entry.role)
                    && let (Some(arn), Some((account, role))) =
                        (Arn::parse(role), super::role_parts(role))
                {
                    let name = self.text(name);
                    let arn = format!(
                        "arn:{}:sts::{account}:assumed-role/{role}/{name}",
                        arn.partition
                    );
                    entry.arn = self.strings.intern(&arn);
                }
                if mint.from == From::Service && entry.origin.is_none() {
                    let service = service_name(self.text(caller.service));
                    let origin = workload(service, self.text(name));
                    entry.origin = origin.map(|kind| (kind, name));
                }
            }
            Kind::RootSession => {
                if let Some((account, principal)) = self.tuple_of(&minted) {
                    let arn = format!("arn:{}:iam::{}:root", partition.name(), self.text(account));
                    entry.account = entry.account.or(account);
                    entry.principal = entry.principal.or(principal);
                    entry.arn = entry.arn.or(self.strings.intern(&arn));
                }
            }
            Kind::FederationToken => {
                if let Some((account, principal)) = self.tuple_of(&minted) {
                    entry.account = entry.account.or(account);
                    entry.principal = entry.principal.or(principal);
                }
                entry.arn = entry.arn.or(field(Field::Arn));
                entry.user = entry.user.or(caller.user);
            }
            Kind::AccessKey
            | Kind::Password
            | Kind::ServiceCredential
            | Kind::SshKey
            | Kind::Certificate => {
                let (account, user) = self.owner(&minted);
                entry.account = entry.account.or(account);
                entry.user = entry.user.or(user);
                if !caller.user.is_empty()
                    && user == caller.user
                    && caller.kind == CallerType::IamUser
                {
                    entry.principal = entry.principal.or(caller.who.principal);
                    entry.arn = entry.arn.or(caller.arn);
                }
            }
            Kind::MfaDevice => {
                let (account, user) = self.owner(&minted);
                entry.account = entry.account.or(account);
                if mint.actions == ["EnableMFADevice"] || entry.user.is_empty() {
                    entry.user = user;
                }
                entry.arn = entry.arn.or(field(Field::Serial));
            }
            Kind::IdentityCenterSession => {
                if entry.expires == NEVER && minted.seconds > 0 {
                    let life = minted.seconds.saturating_mul(SECOND);
                    entry.expires = minted.at.saturating_add(life);
                }
                entry.account = entry.account.or(caller.who.account);
                entry.principal = entry.principal.or(field(Field::Bearer));
                entry.user = entry.user.or(caller.user).or(caller.person);
            }
            // What has its caller's own principal: tokens, console and sign-in sessions, switched roles.
            _ => {
                entry.account = entry.account.or(caller.who.account);
                entry.principal = entry.principal.or(caller.who.principal);
                if mint.from != From::Caller || mint.makes == Kind::OauthSession {
                    entry.arn = entry.arn.or(caller.arn);
                }
                entry.user = entry.user.or(caller.user);
                if mint.makes == Kind::OauthSession && !field(Field::Bearer).is_empty() {
                    entry.origin = Some(("sign-in-session", field(Field::Bearer)));
                }
            }
        }
        match (mint.makes, self.text(field(Field::Label)), entry.mfa) {
            (Kind::ConsoleSession, label, None) if label.eq_ignore_ascii_case("yes") => {
                entry.mfa = Some(true);
            }
            (Kind::ConsoleSession, label, None) if label.eq_ignore_ascii_case("no") => {
                entry.mfa = Some(false);
            }
            (Kind::SessionToken, _, None) => entry.mfa = Some(!field(Field::Serial).is_empty()),
            (Kind::RoleSession, _, None) if !field(Field::Serial).is_empty() => {
                entry.mfa = Some(true);
            }
            _ => {}
        }
    }

    fn describe_used(&mut self, entry: &mut Entry, place: usize) {
        let sighting = &mut self.sightings[place];
        let usage = std::mem::take(&mut sighting.usage);
        let (first, who) = (usage.first, sighting.who);
        match &mut entry.usage {
            Some(known) => known.add(&usage, None, &self.strings),
            None => entry.usage = Some(Box::new(usage)),
        }
        let sighting = &self.sightings[place];
        let (caller, flags) = (sighting.caller, sighting.flags);
        if who.created != NEVER && who.created > first.saturating_add(CLOCKS_S * SECOND) {
            self.problem("session-created-after-its-use", |strings| {
                format!(
                    "{}: {} used at {}, and its session says that it began at {}",
                    strings.get(who.account),
                    strings.get(who.key.or(who.principal)),
                    format_time(first),
                    format_time(who.created)
                )
            });
        }
        let sighting = &self.sightings[place];
        if let Some(created) = known(sighting.who.created)
            && (entry.issued == NEVER || created < entry.issued)
            && !matches!(entry.kind, Kind::OauthSession)
            && (entry.kind != Kind::ConsoleSession || entry.api.is_empty())
        {
            entry.issued = created;
        }
        entry.account = entry.account.or(sighting.who.account);
        entry.principal = entry.principal.or(sighting.who.principal);
        // The record of a use has the ARN as AWS spells it.
        entry.arn = sighting.arn.or(entry.arn);
        entry.source_identity = entry.source_identity.or(sighting.source_identity);
        entry.production |= flags.has(Flags::PRODUCTION);
        if flags.has(Flags::MFA) {
            entry.mfa = Some(true);
        } else if flags.has(Flags::NO_MFA) && entry.mfa.is_none() {
            entry.mfa = Some(false);
        }
        let (arn, issuer, user, scope) =
            (sighting.arn, sighting.issuer, sighting.user, sighting.scope);
        match caller {
            CallerType::AssumedRole => entry.role = issuer.or(entry.role),
            CallerType::FederatedUser => {
                let name = last_part(self.text(issuer)).to_owned();
                let name = self.strings.intern(&name);
                entry.user = entry.user.or(name);
            }
            CallerType::IdentityCenterUser => {
                entry.principal = sighting.who.bearer.or(entry.principal);
                entry.user = entry.user.or(user).or(sighting.person);
            }
            CallerType::IamUser => {
                let name = match user.is_empty() {
                    true => user_of(self.text(arn)).to_owned(),
                    false => String::new(),
                };
                let name = self.strings.intern(&name);
                entry.user = entry.user.or(user).or(name);
            }
            _ => {}
        }
        if entry.account.is_empty()
            && let Some(parsed) = Arn::parse(self.strings.get(arn))
        {
            let account = parsed.account.to_owned();
            entry.account = self.strings.intern(&account);
        }
        if entry.origin.is_none()
            && let Some((kind, id)) = origin_of_scope(self.strings.get(scope))
        {
            entry.origin = Some((kind, self.strings.intern(&id)));
        }
        if entry.kind == Kind::OauthSession && entry.origin.is_none() {
            let bearer = self.sightings[place].who.bearer;
            if !bearer.is_empty() {
                entry.origin = Some(("sign-in-session", bearer));
            }
        }
    }

    /// What sort of session it is, for those that no event mints and that their caller's type leaves open.
    fn settle_kind(&mut self, entry: &mut Entry, node: u32, flags: Flags) {
        let mints = self.mints_of.of(node);
        if mints
            .iter()
            .any(|place| self.mints[*place as usize].mint().makes != Kind::UnknownTemporary)
        {
            return;
        }
        let is_root = self
            .sightings_of
            .of(node)
            .iter()
            .any(|place| self.sightings[*place as usize].caller == CallerType::Root);
        let browser = flags.has(Flags::CONSOLE_AGENT) && !flags.has(Flags::TOOL_AGENT);
        match entry.kind {
            Kind::UnknownTemporary if flags.has(Flags::ASSUMED_ROOT) && is_root => {
                entry.kind = Kind::RootSession;
            }
            Kind::UnknownTemporary if flags.has(Flags::CONSOLE) || browser => {
                entry.kind = Kind::ConsoleSession;
            }
            Kind::UnknownTemporary if entry.principal != Text::EMPTY && !entry.role.is_empty() => {
                entry.kind = Kind::RoleSession;
            }
            Kind::RoleSession => {
                let session = session_name(&self.strings, entry).to_owned();
                let of_aws = self.text(entry.principal).contains(":aws:");
                if entry.origin.is_some() || flags.has(Flags::METADATA) || of_aws {
                    entry.kind = Kind::ServiceSession;
                    if entry.origin.is_none() && session.starts_with("i-") && !of_aws {
                        entry.origin = Some(("ec2-instance", self.strings.intern(&session)));
                    }
                } else if flags.has(Flags::CONSOLE) {
                    entry.kind = Kind::ConsoleSession;
                }
            }
            Kind::FederationToken if flags.has(Flags::CONSOLE) => {
                entry.kind = Kind::ConsoleSession;
            }
            _ => {}
        }
    }
}

/// The name of a role session.
pub(crate) fn session_name<'a>(strings: &'a Strings, entry: &Entry) -> &'a str {
    match strings.get(entry.principal).split_once(':') {
        Some((_, name)) => name,
        None => Arn::parse(strings.get(entry.arn))
            .and_then(|arn| arn.assumed_role())
            .map_or("", |(_, name)| name),
    }
}

/// What sort of workload the name of a service's session stands for.
pub(crate) fn workload(service: &str, name: &str) -> Option<&'static str> {
    let row = WORKLOADS.iter().find(|row| row.service == service)?;
    let fits = name.starts_with(row.begins)
        && !name.is_empty()
        && (row.unless.is_empty() || !name.starts_with(row.unless));
    fits.then_some(row.kind)
}

/// The workload that `inScopeOf` names.
fn origin_of_scope(scope: &str) -> Option<(&'static str, String)> {
    let issuer = json::text(scope, &["issuerType"])?;
    let row = SCOPES.iter().find(|row| row.0 == issuer)?;
    let to = json::text(scope, &["credentialsIssuedTo"])?;
    // Everywhere else a workload is known by its id alone, and a function by its name.
    let name = match to.split_once(":function:") {
        Some((_, name)) => name.split(':').next().unwrap_or(name),
        None => last_part(&to),
    };
    Some((row.1, name.to_owned()))
}

/// The name of the user in a user's ARN.
fn user_of(arn: &str) -> &str {
    match Arn::parse(arn).map(|arn| arn.resource) {
        Some(resource) if resource.starts_with("user/") => last_part(resource),
        _ => "",
    }
}

pub(crate) fn last_part(text: &str) -> &str {
    text.rsplit('/').next().unwrap_or_default()
}
