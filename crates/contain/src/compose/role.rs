//! What is done to a role: its sessions are revoked, by their age or by their name.
//!
//! Sessions of workloads are denied by name, because an instance keeps what it has until it fetches anew;
//! juggled roles are denied altogether; roles of Identity Center are reached through their permission set.

use std::collections::{BTreeMap, BTreeSet};

use keyline_lineage::{Credential, Kind, Node};
use keyline_trail::partition::Partition;
use serde_json::json;

use crate::action::{self, Place};
use crate::aws::document;
use crate::control::{Control, Measure, Only};
use crate::doors;
use crate::limits::SESSION_DENY_CHARS_MAX;
use crate::owner::{
    Owner, RoleClass, is_account, is_aws_name, named_by, permission_set_name, role_class,
};
use crate::policy;
use crate::request::{AlteringEvent, Breadth};
use crate::trust::{self, account_of, trusted};

use super::{Composer, Group, home_region, is_user_id, main_credential, place};

impl Composer<'_> {
    pub(super) fn role(&mut self, owner: &Owner, account: &str, name: &str, group: &Group) {
        let main = main_credential(&group.members);
        let place = place(account, group.partition, owner, main);
        if role_class(name, &group.role_arn) == RoleClass::PermissionSet {
            self.permission_set(owner, name, group);
            return;
        }
        let mut drafts = vec![action::snapshot_role::step(&place, name)];
        let broad = self.request.breadth == Breadth::Broad;
        let juggled = self.scope.juggled.contains(owner);
        let made = self.made_by_thief(account, name);
        let denied = juggled || made;
        if juggled {
            drafts.push(action::deny_all_on_role::step(
                &place,
                name,
                &self.tag,
                "its sessions make each other in a circle: the next one is always younger than a revocation",
            ));
        } else if made {
            drafts.push(action::deny_all_on_role::step(
                &place,
                name,
                &self.tag,
                "the thief made this role",
            ));
        }
        // What a service does in a workload's name carries the workload's own id.
        let ids_of_workloads = self.ids_of_workloads(owner, group);
        let (workload, other): (Vec<_>, Vec<_>) = group
            .members
            .iter()
            .filter(|(_, credential)| credential.kind.is_usable())
            .partition(|(_, credential)| {
                let id = self.user_id(owner, credential);
                id.is_some_and(|id| ids_of_workloads.contains(&id))
            });
        let (by_name, mut by_time) = match broad {
            true => (workload, !other.is_empty()),
            false => (
                workload
                    .into_iter()
                    .chain(other)
                    .filter(|(node, _)| self.survey.alive(*node))
                    .collect(),
                false,
            ),
        };
        let ids: BTreeSet<String> = by_name
            .iter()
            .map(|(_, credential)| {
                let id = self.user_id(owner, credential);
                id.unwrap_or_else(|| credential.principal_id.clone())
            })
            .collect();
        let ids: Vec<String> = ids.into_iter().collect();
        let all_known = ids.iter().all(|id| is_user_id(id));
        let fits = policy::deny_user_ids(&ids).len() <= SESSION_DENY_CHARS_MAX;
        if (broad || !denied) && !ids.is_empty() {
            match all_known && fits {
                true => drafts.push(action::deny_role_sessions::step(
                    &place,
                    name,
                    &ids,
                    &self.tag,
                    "these sessions and whatever comes under their names",
                )),
                false => by_time = true,
            }
        }
        if by_time {
            drafts.push(action::revoke_role_sessions::step(
                &place,
                name,
                &self.tag,
                "sessions of the role live on whatever becomes of who assumed it",
            ));
        }
        self.ways_in(&place, account, name, group, &mut drafts);
        for (node, credential) in &group.members {
            self.workload(&place, *node, credential, &mut drafts);
        }
        self.oauth(&place, &group.members, &mut drafts);
        self.out.drafts.append(&mut drafts);
    }

    /// Roles of Identity Center: their permission set is changed, in the account that administers it.
    pub(super) fn permission_set(&mut self, owner: &Owner, role_name: &str, group: &Group) {
        let names: BTreeSet<String> = group
            .members
            .iter()
            .map(|(_, credential)| credential.session_name.clone())
            .filter(|name| is_aws_name(name))
            .collect();
        let names: Vec<String> = names.into_iter().collect();
        let main = main_credential(&group.members);
        let set_name = permission_set_name(role_name);
        let known = set_name.and_then(|name| self.request.inventory.permission_set(name));
        let measures = vec![Measure {
            control: Control::PermissionSetDeny,
            on: owner.clone(),
            only: Only::SessionNames(names.clone()),
        }];
        let set = known.map(|(administrator, set)| {
            let set = action::deny_in_permission_set::Set {
                name: &set.name,
                instance_arn: &set.instance_arn,
                permission_set_arn: &set.permission_set_arn,
                inline_policy: set.inline_policy.as_ref(),
            };
            (administrator, set)
        });
        let set_region = known.map_or("", |(_, set)| set.region.as_str());
        let home = home_region(group.partition);
        // Where the set is not known a person looks it up, where sign-ins to the portal are written down.
        let portals = self.portal_account();
        let (administrator, set, by_hand) = match set {
            Some((administrator, set)) => (administrator, set, !self.guard.is_ours(administrator)),
            None => {
                let set = action::deny_in_permission_set::Set {
                    name: set_name.unwrap_or(role_name),
                    instance_arn: "",
                    permission_set_arn: "",
                    inline_policy: None,
                };
                (portals.as_str(), set, true)
            }
        };
        if by_hand && known.is_some() {
            self.out.notes.insert(format!(
                "the permission set behind {role_name} is administered in account {administrator}, which is not \
                 among those in which may be acted: its steps are by hand"
            ));
        } else if by_hand {
            self.out.notes.insert(format!(
                "the permission set behind {role_name} was not looked up: its steps are by hand, and the \
                 statement has to be added to the inline policy that is there"
            ));
        }
        // Identity Center is called where it stands; a person who looks the set up sees where that is.
        let seen = self.region_of(&["sso", "sso-directory", "identitystore"]);
        let region = match (known.is_some(), set_region) {
            (false, _) => seen.as_str(),
            (true, "") => home,
            (true, region) => region,
        };
        let place = Place {
            region,
            ..place(administrator, group.partition, owner, main)
        };
        // Whose portal is in the tree itself is disabled by its own step.
        let by_portal = |node: Node| {
            let maker = self.survey.forest.parent(node);
            maker.is_some_and(|maker| {
                self.scope.may_act.contains(&maker)
                    && matches!(self.survey.owner(maker), Owner::Person { .. })
            })
        };
        let others: BTreeSet<String> = group
            .members
            .iter()
            .filter(|(node, _)| !by_portal(*node))
            .map(|(_, credential)| credential.session_name.clone())
            .filter(|name| names.contains(name))
            .collect();
        self.persons(&place, &others);
        let key = format!("permission-set:{}", owner.arn(group.partition));
        let mut deny = match known {
            Some(_) => action::deny_in_permission_set::step(&place, set, &names, measures),
            None => {
                let mut deny = action::deny_in_permission_set::by_hand(&place, set, &names);
                deny.measures = measures;
                deny
            }
        };
        let mut provision = action::provision_permission_set::step(&place, set);
        deny.key = Some(key.clone());
        provision.after.push(key);
        deny.by_hand |= by_hand;
        provision.by_hand |= by_hand;
        if known.is_none() {
            provision.undo = None;
            for (name, shown) in [
                ("instance_arn", "THE-INSTANCE-ARN"),
                ("permission_set_arn", "THE-PERMISSION-SET-ARN"),
            ] {
                provision.params.insert(name.to_owned(), json!(shown));
            }
        }
        // Without provisioning a changed set changes nothing: it is provisioning that carries the control.
        provision.measures = std::mem::take(&mut deny.measures);
        self.out.drafts.extend([deny, provision]);
    }

    /// The account that has Identity Center, by the sessions of its portal. Empty where no log shows one, or where
    /// several have.
    fn portal_account(&self) -> String {
        let forest = self.survey.forest;
        let portals = forest
            .nodes()
            .filter(|node| forest.kind(*node) == Kind::IdentityCenterSession);
        let accounts: BTreeSet<String> =
            portals.map(|node| forest.alone(node).account_id).collect();
        match &Vec::from_iter(accounts)[..] {
            [one] => one.clone(),
            _ => String::new(),
        }
    }

    /// Whoever took a role of Identity Center has a session of the portal, whether a log shows it or not, and
    /// fetches the next role by it.
    fn persons(&mut self, place: &Place<'_>, names: &BTreeSet<String>) {
        for name in names {
            let person = Owner::Person { name: name.clone() };
            let mut members = self.scope.may_act.iter();
            let planned = self.out.drafts.iter().any(|draft| {
                draft.kind == action::disable_person::ACTION.name && draft.on == person
            });
            if planned || members.any(|node| *self.survey.owner(*node) == person) {
                continue;
            }
            let place = Place {
                on: &person,
                ..place.clone()
            };
            self.out
                .drafts
                .push(action::disable_person::step(&place, name, None));
        }
    }

    /// Roles that the tree made, and roles that it opened to somebody, of which no session is in the tree:
    /// whoever uses them may do so from where no log of ours reaches.
    pub(super) fn roles_of_the_thief(&mut self, groups: &BTreeMap<Owner, Group>) {
        let mut roles: BTreeMap<Owner, (Opened, &'static str, &str)> = BTreeMap::new();
        for event in self.request.events {
            let maker = self.survey.forest.by_id(&event.credential);
            let confirmed = maker.is_some_and(|maker| self.scope.confirmed.contains(&maker));
            if event.failed
                || !self.request.is_of_theft(event.at)
                || !confirmed
                || event.at > self.request.as_of
            {
                continue;
            }
            let partition = Partition::of_region(&event.region).name();
            for (owner, opened) in opened_by(event) {
                let role = roles
                    .entry(owner)
                    .or_insert((opened, partition, &event.credential));
                role.0 = role.0.min(opened);
            }
        }
        for (owner, (opened, partition, credential)) in roles {
            let Owner::Role { account, name } = &owner else {
                continue;
            };
            let refused = self.guard.refuses(&owner, partition, "");
            let refused = refused.is_some_and(|guarded| !self.only_seems(&owner, &guarded));
            let wanted = opened == Opened::Made || self.request.breadth == Breadth::Broad;
            if groups.contains_key(&owner) || refused || !wanted {
                continue;
            }
            let place = place(account, partition, &owner, Some(credential));
            let step = match opened {
                Opened::Made => action::deny_all_on_role::step(
                    &place,
                    name,
                    &self.tag,
                    "the thief made this role",
                ),
                Opened::ToStrangers => action::revoke_role_sessions::step(
                    &place,
                    name,
                    &self.tag,
                    "the thief opened this role: whoever took it since may still hold a session",
                ),
                Opened::ToCertificates => action::revoke_role_sessions::step(
                    &place,
                    name,
                    &self.tag,
                    "the thief let certificates take this role: whoever did since may still hold a session",
                ),
                Opened::ToService => action::revoke_role_sessions::step(
                    &place,
                    name,
                    &self.tag,
                    "the thief gave this role to something at a service: what ran there may still hold a session",
                ),
            };
            let snapshot = action::snapshot_role::step(&place, name);
            self.out.drafts.extend([snapshot, step]);
        }
    }

    /// The last event that set the trust policy of each role, where the tree did it.
    fn trust_by_tree(&self) -> BTreeMap<Owner, &AlteringEvent> {
        let mut last: BTreeMap<Owner, &AlteringEvent> = BTreeMap::new();
        for event in self.request.events.iter().filter(|event| !event.failed) {
            let name = event.request["roleName"].as_str().unwrap_or_default();
            let known = is_aws_name(name) && is_account(&event.account);
            if event.name != "UpdateAssumeRolePolicy" || !known || event.at > self.request.as_of {
                continue;
            }
            let owner = Owner::Role {
                account: event.account.clone(),
                name: name.to_owned(),
            };
            let held = last.entry(owner).or_insert(event);
            if (held.at, &held.event_id) < (event.at, &event.event_id) {
                *held = event;
            }
        }
        last.retain(|owner, event| {
            let maker = self.survey.forest.by_id(&event.credential);
            let confirmed = maker.is_some_and(|maker| self.scope.confirmed.contains(&maker));
            let partition = Partition::of_region(&event.region).name();
            let refused = self.guard.refuses(owner, partition, "").is_some();
            confirmed && self.request.is_of_theft(event.at) && !refused
        });
        last
    }

    /// What taking back the tree's change of a role's trust does to somebody who took the role from outside; `None`
    /// where there is no such change, or where the program does not take it back.
    pub(super) fn shut_by_undoing(&self, role: &Owner, maker_node: Node) -> Option<Undoing> {
        let last = self.trust_by_tree();
        let event = last.get(role)?;
        match &event.before {
            Some(_) if !event.touched_later_by.is_empty() => None,
            Some(before) => {
                let before = trusted(&document(&before["policyDocument"]));
                Some(match doors::lets_in(&before, maker_node, self.survey) {
                    true => Undoing::LetsIn,
                    false => Undoing::ShutsOut,
                })
            }
            None => {
                let maker = self.survey.forest.alone(maker_node);
                let by_name = self.strangers(event).iter().any(|stranger| {
                    account_of(stranger).is_some_and(|account| account == maker.account_id)
                });
                let policy = document(&event.request["policyDocument"]);
                let providers = self.providers_of_the_thief(event);
                let without_anybody = trust::without_anybody(&policy);
                let closes = without_anybody.is_some() || !providers.is_empty();
                let mut left = trusted(&without_anybody.unwrap_or(policy));
                left.retain(|trusted| !providers.contains(&trusted.principal));
                let otherwise = closes && !doors::lets_in(&left, maker_node, self.survey);
                (by_name || otherwise).then_some(Undoing::ShutsOut)
            }
        }
    }

    /// Principals of other accounts that a trust policy lets in which the tree wrote.
    fn strangers(&self, event: &AlteringEvent) -> BTreeSet<String> {
        trusted(&document(&event.request["policyDocument"]))
            .into_iter()
            .filter(|trusted| trusted.effect == "Allow" && trusted.kind == "AWS")
            .filter(|trusted| {
                let account = account_of(&trusted.principal);
                account.is_some_and(|account| !self.guard.is_ours(account))
            })
            .map(|trusted| trusted.principal)
            .collect()
    }

    /// Identity providers that the tree made, and that a trust policy lets in which it wrote.
    fn providers_of_the_thief(&self, event: &AlteringEvent) -> BTreeSet<String> {
        let makes = ["CreateSAMLProvider", "CreateOpenIDConnectProvider"];
        let made: BTreeSet<&str> = self
            .request
            .events
            .iter()
            .filter(|made| makes.contains(&made.name.as_str()) && made.account == event.account)
            .filter(|made| {
                let maker = self.survey.forest.by_id(&made.credential);
                let confirmed = maker.is_some_and(|maker| self.scope.confirmed.contains(&maker));
                confirmed
                    && !made.failed
                    && self.request.is_of_theft(made.at)
                    && made.at <= self.request.as_of
            })
            .filter_map(|made| {
                let arns = ["sAMLProviderArn", "openIDConnectProviderArn"];
                arns.iter().find_map(|arn| made.response[*arn].as_str())
            })
            .collect();
        trusted(&document(&event.request["policyDocument"]))
            .into_iter()
            .filter(|trusted| trusted.effect == "Allow" && trusted.kind == "Federated")
            .map(|trusted| trusted.principal)
            .filter(|provider| made.contains(provider.as_str()))
            .collect()
    }

    /// Roles whose trust policy the tree wrote: strangers whom that lets in are shut out again, and so are identity
    /// providers that it made, and everybody where it lets everybody in. What stands there now is what the tree wrote,
    /// or the step is not taken. Where an event tells what stood there before, that is put back instead. A policy that
    /// no log holds is not known to let nobody in: the role is denied everything until somebody has looked.
    pub(super) fn doors_of_the_thief(&mut self) {
        let mut found = Vec::new();
        for (owner, event) in self.trust_by_tree() {
            let Owner::Role { account, name } = &owner else {
                continue;
            };
            let partition = Partition::of_region(&event.region).name();
            let policy = document(&event.request["policyDocument"]);
            if event.before.is_some() {
                continue;
            }
            let strangers = self.strangers(event);
            let providers = self.providers_of_the_thief(event);
            let without_anybody = trust::without_anybody(&policy);
            let place = place(account, partition, &owner, Some(&event.credential));
            let step = if !policy.is_object() {
                if self.request.breadth == Breadth::Narrow {
                    continue;
                }
                let why = "the thief wrote who may take this role, and no log holds what it says: nobody uses it \
                           until somebody has looked";
                action::deny_all_on_role::step(&place, name, &self.tag, why)
            } else if without_anybody.is_some() || !strangers.is_empty() || !providers.is_empty() {
                let everybody = without_anybody.is_some().then_some("everybody");
                let by_name = strangers.iter().chain(&providers).map(String::as_str);
                let named: Vec<&str> = everybody.into_iter().chain(by_name).collect();
                let why = format!("the thief opened the role to {}", named.join(", "));
                let left = without_anybody.as_ref().unwrap_or(&policy);
                let (saml, openid): (Vec<&String>, Vec<&String>) = providers
                    .iter()
                    .partition(|provider| provider.contains(":saml-provider/"));
                let mut closed = left.to_string();
                for (kind, names, taking) in [
                    ("AWS", strangers.iter().collect(), "sts:AssumeRole"),
                    ("Federated", saml, "sts:AssumeRoleWithSAML"),
                    ("Federated", openid, "sts:AssumeRoleWithWebIdentity"),
                ] {
                    if !names.is_empty() {
                        let written = document(&json!(closed));
                        closed = policy::shut_out(&written, json!({kind: names}), taking, None);
                    }
                }
                action::close_trust::written(&place, name, &policy, closed, why)
            } else {
                continue;
            };
            let snapshot = action::snapshot_role::step(&place, name);
            found.extend([snapshot, step]);
        }
        self.out.drafts.append(&mut found);
    }

    pub(super) fn made_by_thief(&self, account: &str, role: &str) -> bool {
        self.request.events.iter().any(|event| {
            let maker = self.survey.forest.by_id(&event.credential);
            event.name == "CreateRole"
                && !event.failed
                && self.request.is_of_theft(event.at)
                && event.account == account
                && event.request["roleName"].as_str() == Some(role)
                && maker.is_some_and(|maker| self.scope.confirmed.contains(&maker))
        })
    }

    /// What `aws:userid` is for a session of a role. Where it was minted for a machine and never used no record says
    /// it: the id of the role, which others of its sessions show, and the session's name.
    fn user_id(&self, owner: &Owner, credential: &Credential) -> Option<String> {
        if is_user_id(&credential.principal_id) {
            return Some(credential.principal_id.clone());
        }
        if !credential.principal_id.is_empty() {
            return None;
        }
        let sessions = self.survey.living(owner).iter();
        let ids: BTreeSet<String> = sessions
            .filter_map(|node| {
                let known = self.survey.forest.alone(*node).principal_id;
                let (role, _) = known.split_once(':')?;
                is_user_id(&known).then(|| role.to_owned())
            })
            .collect();
        // A role that was made anew has another id.
        let [role] = &Vec::from_iter(ids)[..] else {
            return None;
        };
        let id = format!("{role}:{}", credential.session_name);
        is_user_id(&id).then_some(id)
    }

    fn ids_of_workloads(&self, owner: &Owner, group: &Group) -> BTreeSet<String> {
        let members = group.members.iter();
        members
            .filter(|(node, credential)| self.survey.origin(*node, credential).is_some())
            .filter_map(|(_, credential)| self.user_id(owner, credential))
            .collect()
    }

    pub(super) fn is_all_workload(&self, owner: &Owner, group: &Group) -> bool {
        let ids = self.ids_of_workloads(owner, group);
        group.members.iter().all(|(_, credential)| {
            let id = self.user_id(owner, credential);
            !credential.kind.is_usable() || id.is_some_and(|id| ids.contains(&id))
        })
    }
}

/// What becomes of a way in when the tree's change of a trust policy is taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Undoing {
    ShutsOut,
    LetsIn,
}

/// How the tree came to a role of which it may hold sessions that no log shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Opened {
    Made,
    ToStrangers,
    ToCertificates,
    ToService,
}

/// The roles that an event made or opened to somebody.
fn opened_by(event: &AlteringEvent) -> Vec<(Owner, Opened)> {
    let opened = match event.name.as_str() {
        "CreateRole" => Opened::Made,
        "UpdateAssumeRolePolicy" => Opened::ToStrangers,
        "CreateProfile" | "UpdateProfile" if event.source.starts_with("rolesanywhere.") => {
            let arns = event.request["roleArns"].as_array().into_iter().flatten();
            let owners = arns.filter_map(|arn| named_by(arn.as_str()?));
            let here = owners.filter(|owner| {
                matches!(owner, Owner::Role { .. }) && owner.account() == event.account
            });
            return here.map(|owner| (owner, Opened::ToCertificates)).collect();
        }
        _ => {
            let passed = doors::passed_by(event).into_iter();
            return passed.map(|owner| (owner, Opened::ToService)).collect();
        }
    };
    let name = event.request["roleName"].as_str().unwrap_or_default();
    let known = is_aws_name(name) && is_account(&event.account);
    let owner = Owner::Role {
        account: event.account.clone(),
        name: name.to_owned(),
    };
    known.then_some((owner, opened)).into_iter().collect()
}
