//! What the changing events of the data did, replayed in order of time.
//!
//! Policies come and go on users, roles, groups, accounts and units of accounts, managed policies change their content while they
//! are attached, users join groups. What denies everything, and for how long, becomes a timeline a principal;
//! what was done to a key or a password itself is noted at that credential.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use keyline_trail::session::credential_hash;

use crate::build::{Build, SECOND};
use crate::control::{DENY_ALL_POLICIES, Does, Target};
use crate::credential::{Effect, Kind};
use crate::deed::Changed;
use crate::entry::{NONE, Why};
use crate::limits::{ACCESS_TOKEN_S, UNITS_ABOVE};
use crate::policy::Denial;
use crate::production::Production;
use crate::quick::Set;
use crate::strings::Text;
use crate::timeline::{Act, Denied, Owner, Timelines};

/// What a policy is attached as: its name or ARN, and the group that it comes from.
type Holding = (Owner, Text, Owner);

#[derive(Default)]
struct Replay {
    lines: Timelines,
    /// Which denials of a timeline are in force, by what put them there.
    open: HashMap<Holding, Vec<usize>>,
    /// What each principal holds: policies of its own by name, managed ones by ARN, and their content.
    held: BTreeMap<Owner, BTreeMap<Text, Vec<Denial>>>,
    /// Who a managed policy is attached to.
    attached: BTreeMap<Text, BTreeSet<(Owner, Text)>>,
    contents: HashMap<Text, Vec<Denial>>,
    versions: HashMap<(Text, Text), Vec<Denial>>,
    /// Policies of an organisation that are no service control policies.
    of_other_sorts: Set<Text>,
    members: BTreeMap<Owner, BTreeSet<Owner>>,
    /// The unit that an account or unit of an organisation lies in.
    unit_of: HashMap<Text, Text>,
    /// The units of which the estate lists accounts.
    listed: Set<Text>,
}

impl Build {
    pub(super) fn denials(&mut self, estate: &Production) -> Timelines {
        let mut replay = Replay::default();
        let changes = std::mem::take(&mut self.changes);
        self.lay_in_units(&mut replay, &changes, estate);
        for changed in &changes {
            self.replay(&mut replay, changed);
        }
        self.changes = changes;
        self.replace_passwords(&mut replay);
        replay.lines
    }

    fn replay(&mut self, replay: &mut Replay, changed: &Changed) {
        let account = changed.caller.recipient.or(changed.caller.who.account);
        let policy = changed.target(Target::Policy);
        let does = changed.control().does;
        match does {
            Does::SetStatus
            | Does::Activate
            | Does::Deactivate
            | Does::DeleteCredential
            | Does::Alter => {
                self.change_credential(replay, changed, account);
                return;
            }
            Does::EndRenewal => return self.end_renewal(replay, changed),
            Does::JoinUnit | Does::LeaveUnit => return self.move_in_organisation(replay, changed),
            // A policy on resources stops callers at those alone, and not what they hold.
            Does::WriteManagedPolicy if self.is_no_service_control(replay, changed) => return,
            Does::WriteManagedPolicy => {
                let version = changed.target(Target::Version);
                if !version.is_empty() {
                    replay
                        .versions
                        .insert((policy, version), changed.denials.clone());
                }
                let default = self.text(changed.target(Target::Default));
                if version.is_empty() || default == "true" {
                    let act = self.act(changed, Effect::Revoked);
                    replay.write(policy, changed.denials.clone(), act);
                }
                if version.is_empty() {
                    let first = self.strings.intern("v1");
                    replay
                        .versions
                        .insert((policy, first), changed.denials.clone());
                }
                return;
            }
            Does::ChooseVersion => {
                let version = changed.target(Target::Version);
                if let Some(content) = replay.versions.get(&(policy, version)).cloned() {
                    let act = self.act(changed, Effect::Revoked);
                    replay.write(policy, content, act);
                }
                return;
            }
            _ => {}
        }
        let user = changed.target(Target::User);
        let group = changed.target(Target::Group);
        if matches!(does, Does::JoinGroup | Does::LeaveGroup) {
            let (user, group) = (Owner::User(account, user), Owner::Group(account, group));
            let act = self.act(changed, Effect::Revoked);
            match does {
                Does::JoinGroup => replay.join(user, group, act),
                _ => replay.leave(user, group, act),
            }
            return;
        }
        let role = changed.target(Target::Role);
        let estate = changed.target(Target::Estate);
        let person = changed.target(Target::Person);
        let owner = match (user, role, group, estate) {
            _ if !person.is_empty() => Owner::Person(person),
            (user, ..) if !user.is_empty() => Owner::User(account, user),
            (_, role, ..) if !role.is_empty() => Owner::Role(account, role),
            (_, _, group, _) if !group.is_empty() => Owner::Group(account, group),
            // The management account is bound by no policy of its organisation, and only its own trail, or that
            // of a delegated administrator, has the event.
            (_, _, _, estate) if !estate.is_empty() && estate != changed.caller.recipient => {
                Owner::Account(estate)
            }
            _ => return,
        };
        let act = self.act(changed, Effect::Revoked);
        match does {
            Does::PutPolicy => replay.hold(owner, policy, changed.denials.clone(), act),
            Does::RemovePolicy => replay.drop(owner, policy, act),
            Does::AttachPolicy | Does::SetBoundary => {
                let name = self.slot(does, policy);
                let content = self.content(replay, policy);
                if let Owner::Account(unit) = owner
                    && !content.is_empty()
                    && is_unit(self.text(unit))
                    && !replay.listed.contains(&unit)
                {
                    self.problem("policy-on-a-unit", |strings| {
                        format!(
                            "{} is attached to {}: which accounts lie in it is known as far as the data moves them",
                            strings.get(policy),
                            strings.get(unit)
                        )
                    });
                }
                replay
                    .attached
                    .entry(policy)
                    .or_default()
                    .insert((owner, name));
                replay.hold(owner, name, content, act);
            }
            Does::DetachPolicy | Does::RemoveBoundary => {
                let name = self.slot(does, policy);
                // An event that takes a boundary away does not name it.
                for owners in replay.attached.values_mut() {
                    owners.remove(&(owner, name));
                }
                replay.drop(owner, name, act);
            }
            Does::DisablePerson => replay.hold(owner, Text::EMPTY, vec![Denial::everything()], act),
            Does::EnablePerson => replay.drop(owner, Text::EMPTY, act),
            Does::DeletePrincipal => {
                let deleted = Act {
                    effect: Effect::Deleted,
                    ..act
                };
                replay.delete(owner, act);
                let line = replay.lines.by_owner.entry(owner).or_default();
                line.deleted.push(deleted);
            }
            _ => {}
        }
    }

    /// The name under which a principal holds a managed policy: a boundary is one of its own.
    fn slot(&mut self, does: Does, policy: Text) -> Text {
        match does {
            Does::SetBoundary | Does::RemoveBoundary => self.strings.intern("permissions boundary"),
            _ => policy,
        }
    }

    /// What a managed policy denies now.
    fn content(&self, replay: &Replay, policy: Text) -> Vec<Denial> {
        if let Some(content) = replay.contents.get(&policy) {
            return content.clone();
        }
        let arn = self.text(policy);
        let name = crate::build::attributes::last_part(arn);
        match arn.contains(":iam::aws:policy/") && DENY_ALL_POLICIES.contains(&name) {
            true => vec![Denial::everything()],
            false => Vec::new(),
        }
    }

    /// Whether a policy of an organisation is of another sort than those that bind principals. An event that changes
    /// one need not say so.
    fn is_no_service_control(&self, replay: &mut Replay, changed: &Changed) -> bool {
        let policy = changed.target(Target::Policy);
        let sort = self.text(changed.target(Target::Sort));
        if !sort.is_empty() && sort != "SERVICE_CONTROL_POLICY" {
            replay.of_other_sorts.insert(policy);
        }
        replay.of_other_sorts.contains(&policy)
    }

    /// What is done to a key, a password, a device.
    fn change_credential(&mut self, replay: &mut Replay, changed: &Changed, account: Text) {
        let status = self.text(changed.target(Target::Status));
        let effect = match changed.control().does {
            Does::DeleteCredential => Effect::Deleted,
            Does::Activate => Effect::Active,
            Does::Deactivate => Effect::Inactive,
            Does::Alter => Effect::Altered,
            _ if status.eq_ignore_ascii_case("active") => Effect::Active,
            _ => Effect::Inactive,
        };
        let user = changed.target(Target::User);
        let id = changed.target(Target::Credential);
        let action = self.text(changed.action).to_owned();
        let node = match () {
            _ if action.contains("LoginProfile") && !user.is_empty() => {
                self.password_before(account, user, changed.at)
            }
            _ if id.is_empty() => return,
            _ if action.contains("MFA") => {
                let before = self
                    .devices
                    .get(&id)
                    .and_then(|list| list.iter().rfind(|(at, _)| *at <= changed.at).copied());
                match before {
                    Some((_, node)) => node,
                    None => {
                        let evidence = format!("mfa|{}", self.text(id));
                        let node = self.ensure(&evidence, Kind::MfaDevice);
                        let entry = self.entry(node);
                        entry.serial = id;
                        entry.arn = id;
                        entry.why = Some(Why::KeyNotObserved);
                        node
                    }
                }
            }
            _ => {
                let kind = match action.as_str() {
                    action if action.contains("AccessKey") => Kind::AccessKey,
                    action if action.contains("ServiceSpecific") => Kind::ServiceCredential,
                    action if action.contains("SSH") => Kind::SshKey,
                    _ => Kind::Certificate,
                };
                let evidence = self.key_evidence(id, account);
                let before = self.entries.len();
                let node = self.ensure(&evidence, kind);
                if node as usize == before {
                    self.entry(node).why = Some(Why::KeyNotObserved);
                    self.named_keys.insert(node, id);
                }
                node
            }
        };
        let own_user = match user.is_empty() {
            true => changed.caller.user,
            false => user,
        };
        let entry = self.entry(node);
        entry.account = entry.account.or(account);
        entry.user = entry.user.or(own_user);
        // A device is on from the event that enables it, which may be what made it known.
        if effect == Effect::Active && entry.issued == changed.at {
            return;
        }
        let act = self.act(changed, effect);
        replay.lines.own.entry(node).or_default().push(act);
    }

    /// A program's session can be renewed no more: it ends with the keys that it has.
    fn end_renewal(&mut self, replay: &mut Replay, changed: &Changed) {
        let session = self.text(changed.target(Target::Credential));
        let evidence = format!("oauth|{session}");
        let known = self.by_hash(&credential_hash(&evidence));
        let Some(node) = known.filter(|_| !session.is_empty()) else {
            let event = changed.event;
            self.problem("revocation-without-session", |strings| {
                format!(
                    "event {} does not say which session of a program it ends, or one that is not in the data",
                    strings.get(event)
                )
            });
            return;
        };
        let act = self.act(changed, Effect::Revoked);
        let at = act.at.saturating_add(ACCESS_TOKEN_S * SECOND);
        let acts = replay.lines.own.entry(node).or_default();
        acts.push(Act { at, ..act });
    }

    /// Where accounts lay before the data moves any: as the first event says that moves one, else as the estate lists
    /// them.
    fn lay_in_units(&mut self, replay: &mut Replay, changes: &[Changed], estate: &Production) {
        for (account, units) in &estate.units {
            let mut below = self.strings.intern(account);
            for unit in units.rsplit('/').filter(|unit| is_unit(unit)) {
                let unit = self.strings.intern(unit);
                replay.unit_of.entry(below).or_insert(unit);
                below = unit;
            }
        }
        let mut moved = Set::default();
        let mut managing = Set::default();
        for changed in changes {
            let account = changed.target(Target::Estate);
            if account.is_empty() {
                continue;
            }
            managing.insert(changed.caller.recipient);
            let moves = matches!(changed.control().does, Does::JoinUnit | Does::LeaveUnit);
            if !moves || is_unit(self.text(account)) || !moved.insert(account) {
                continue;
            }
            match changed.target(Target::UnitBefore) {
                unit if unit.is_empty() => replay.unit_of.remove(&account),
                unit => replay.unit_of.insert(account, unit),
            };
        }
        let is_listed = |account: &str| estate.units.iter().any(|(known, _)| known == account);
        let accounts: Vec<Text> = replay.unit_of.keys().copied().collect();
        for account in accounts {
            // No policy of an organisation binds its own management account.
            if is_unit(self.text(account)) || managing.contains(&account) {
                continue;
            }
            for unit in self.units_above(replay, account) {
                if is_listed(self.text(account)) {
                    replay.listed.insert(unit);
                }
                let members = replay.members.entry(Owner::Account(unit)).or_default();
                members.insert(Owner::Account(account));
            }
        }
    }

    /// An account or unit of an organisation comes to lie in another unit.
    fn move_in_organisation(&mut self, replay: &mut Replay, changed: &Changed) {
        let (moved, unit) = (changed.target(Target::Estate), changed.target(Target::Unit));
        if moved.is_empty() || moved == changed.caller.recipient {
            return;
        }
        let before = self.units_above(replay, moved);
        match unit.is_empty() {
            true => replay.unit_of.remove(&moved),
            false => replay.unit_of.insert(moved, unit),
        };
        if is_unit(self.text(moved)) {
            return;
        }
        let after = self.units_above(replay, moved);
        let act = self.act(changed, Effect::Revoked);
        let account = Owner::Account(moved);
        for unit in before.iter().filter(|unit| !after.contains(unit)) {
            replay.leave(account, Owner::Account(*unit), act);
        }
        for unit in after.iter().filter(|unit| !before.contains(unit)) {
            replay.join(account, Owner::Account(*unit), act);
        }
    }

    /// The units that an account or unit lies in, up to the root as far as the data tells.
    fn units_above(&mut self, replay: &Replay, below: Text) -> Vec<Text> {
        let mut above: Vec<Text> = Vec::new();
        let mut next = replay.unit_of.get(&below).copied();
        while let Some(unit) = next.filter(|_| above.len() < UNITS_ABOVE) {
            if above.contains(&unit) {
                break;
            }
            above.push(unit);
            next = replay.unit_of.get(&unit).copied();
        }
        // The id of a unit says which root it is under: `ou-ab12-…` lies under `r-ab12`.
        let root = above.last().and_then(|last| {
            let rest = self.text(*last).strip_prefix("ou-")?;
            Some(format!("r-{}", rest.split('-').next()?))
        });
        above.extend(root.map(|root| self.strings.intern(&root)));
        above
    }

    /// The password of a user before an instant.
    fn password_before(&mut self, account: Text, user: Text, at: i64) -> u32 {
        let set = self.passwords.get(&(account, user));
        let last = set.and_then(|list| list.iter().rfind(|(set, _)| *set <= at));
        if let Some((_, node)) = last {
            return *node;
        }
        let evidence = format!("password|{}|user/{}", self.text(account), self.text(user));
        let node = self.ensure(&evidence, Kind::Password);
        let entry = self.entry(node);
        entry.account = account;
        entry.user = user;
        entry.why = Some(Why::KeyNotObserved);
        node
    }

    /// A password that is set anew ends the one before.
    fn replace_passwords(&mut self, replay: &mut Replay) {
        let mut set: Vec<(Text, Text, i64, u32)> = Vec::new();
        for ((account, user), list) in &self.passwords {
            set.extend(list.iter().map(|(at, node)| (*account, *user, *at, *node)));
        }
        for (account, user, at, node) in set {
            let Some(place) = self.mints_of.of(node).first().copied() else {
                continue;
            };
            let minted = self.mints[place as usize].clone();
            if minted.action == 0 {
                // Created: there was none, or it was deleted.
                continue;
            }
            let before = self.passwords.get(&(account, user)).and_then(|list| {
                list.iter()
                    .rfind(|(other, of)| *other <= at && *of < node)
                    .map(|(_, of)| *of)
            });
            let evidence = format!("password|{}|user/{}", self.text(account), self.text(user));
            let hash = credential_hash(&evidence);
            let Some(before) = before.or_else(|| self.by_hash(&hash)) else {
                continue;
            };
            let by = self.strings.intern(&minted.api());
            let by_node = match self.credentials_of(&minted.caller, minted.at)[..] {
                [node] => node,
                _ => NONE,
            };
            let act = Act {
                at,
                effect: Effect::Deleted,
                by,
                event: minted.event,
                by_node,
            };
            replay.lines.own.entry(before).or_default().push(act);
        }
    }

    fn act(&mut self, changed: &Changed, effect: Effect) -> Act {
        let control = changed.control();
        let policy = crate::build::attributes::last_part(self.text(changed.target(Target::Policy)));
        let by = format!("{}:{} {policy}", control.service, self.text(changed.action));
        let by = self.strings.intern(by.trim_end());
        let by_node = match self.credentials_of(&changed.caller, changed.at)[..] {
            [node] => node,
            _ => NONE,
        };
        Act {
            at: changed.at,
            effect,
            by,
            event: changed.event,
            by_node,
        }
    }
}

/// Whether something of an organisation is a unit of it, or its root.
fn is_unit(id: &str) -> bool {
    id.starts_with("ou-") || id.starts_with("r-")
}

impl Replay {
    /// A principal holds a policy from now on, in place of what it held under that name.
    fn hold(&mut self, owner: Owner, name: Text, content: Vec<Denial>, act: Act) {
        self.close((owner, name, owner), act);
        for member in self.members_of(owner) {
            self.close((member, name, owner), act);
            self.begin((member, name, owner), &content, act);
        }
        self.begin((owner, name, owner), &content, act);
        self.held.entry(owner).or_default().insert(name, content);
    }

    fn drop(&mut self, owner: Owner, name: Text, act: Act) {
        self.close((owner, name, owner), act);
        for member in self.members_of(owner) {
            self.close((member, name, owner), act);
        }
        if let Some(held) = self.held.get_mut(&owner) {
            held.remove(&name);
        }
    }

    /// A managed policy says something else from now on, wherever it is attached.
    fn write(&mut self, policy: Text, content: Vec<Denial>, act: Act) {
        self.contents.insert(policy, content.clone());
        let owners = self.attached.get(&policy).cloned().unwrap_or_default();
        for (owner, name) in owners {
            self.hold(owner, name, content.clone(), act);
        }
    }

    fn join(&mut self, user: Owner, group: Owner, act: Act) {
        if !self.members.entry(group).or_default().insert(user) {
            return;
        }
        let held = self.held.get(&group).cloned().unwrap_or_default();
        for (name, content) in held {
            self.begin((user, name, group), &content, act);
        }
    }

    fn leave(&mut self, user: Owner, group: Owner, act: Act) {
        if let Some(members) = self.members.get_mut(&group) {
            members.remove(&user);
        }
        let held = self.held.get(&group).cloned().unwrap_or_default();
        for name in held.into_keys() {
            self.close((user, name, group), act);
        }
    }

    /// A principal is gone with all that it held.
    fn delete(&mut self, owner: Owner, act: Act) {
        let held = self.held.remove(&owner).unwrap_or_default();
        for name in held.into_keys() {
            self.close((owner, name, owner), act);
        }
        let groups: Vec<Owner> = self
            .members
            .iter()
            .filter(|(_, members)| members.contains(&owner))
            .map(|(group, _)| *group)
            .collect();
        for group in groups {
            self.leave(owner, group, act);
        }
        for owners in self.attached.values_mut() {
            owners.retain(|(other, _)| *other != owner);
        }
    }

    fn members_of(&self, owner: Owner) -> Vec<Owner> {
        let members = self.members.get(&owner);
        members.map_or_else(Vec::new, |members| members.iter().copied().collect())
    }

    fn begin(&mut self, holding: Holding, content: &[Denial], act: Act) {
        let line = self.lines.by_owner.entry(holding.0).or_default();
        for denial in content {
            self.open
                .entry(holding)
                .or_default()
                .push(line.denied.len());
            line.denied.push(Denied {
                denial: denial.clone(),
                from: act,
                until: None,
            });
        }
    }

    fn close(&mut self, holding: Holding, act: Act) {
        let open = self.open.remove(&holding).unwrap_or_default();
        if let Some(line) = self.lines.by_owner.get_mut(&holding.0) {
            for place in open {
                line.denied[place].until = Some(Act {
                    effect: Effect::Restored,
                    ..act
                });
            }
        }
    }
}
