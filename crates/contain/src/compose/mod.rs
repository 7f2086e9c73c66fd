//! Which actions a tree needs.
//!
//! In: the request and the tree. Out: steps without their order. Credentials are gathered by owner, because
//! everything in AWS is done to users, roles and accounts; for each sort of owner there is one function
//! below. What is not touched is written down with its reason.

mod organisation;
mod user;
mod role;
mod entry;
mod function;

use std::collections::{BTreeMap, BTreeSet};

use keyline_lineage::{Credential, CredentialId, Kind, Node};
use keyline_trail::partition::Partition;
use keyline_trail::time::format_time;
use serde_json::json;

use crate::action::rotate_access_key::Denied;
use crate::action::{self, Draft, Place};
use crate::canonical;
use crate::control::{Control, Measure, Only, is_assumed_root};
use crate::guard::{Guard, Guarded};
use crate::json::{breadth_name, reach_name};
use crate::limits::INACTIVE_BEFORE_DELETION_S;
use crate::names::named;
use crate::owner::{Owner, is_aws_name};
use crate::plan::{Phase, Reason, Refused};
use crate::policy::CUT_OFF;
use crate::request::Request;
use crate::scope::{Scope, made_at};
use crate::survey::Survey;

/// Users that one note names; more are counted.
const NAMED_MAX: usize = 5;

/// Steps without order, and what was refused.
#[derive(Default)]
pub struct Composed {
    pub drafts: Vec<Draft>,
    pub refused: BTreeSet<Refused>,
    /// Owners that are not touched.
    pub guarded: BTreeMap<Owner, Guarded>,
    /// What stands outside and may make sessions of a role again, as no step of the program shuts it out.
    pub open_ways: BTreeMap<Node, String>,
    /// Users whose keys nobody looked up.
    pub not_looked_up: BTreeSet<String>,
    pub notes: BTreeSet<String>,
}

/// What all functions here need.
struct Composer<'a> {
    request: &'a Request<'a>,
    survey: &'a Survey<'a>,
    scope: &'a Scope,
    guard: &'a Guard<'a>,
    /// Stands in the names of policies, so that a second run finds its own.
    tag: String,
    out: Composed,
}

/// The members of the tree that one owner has.
struct Group {
    partition: &'static str,
    /// The role with its path, where a record gives it.
    role_arn: String,
    members: Vec<(Node, Credential)>,
}

/// The steps that the tree of a request needs.
pub fn compose(
    request: &Request<'_>,
    survey: &Survey<'_>,
    scope: &Scope,
    guard: &Guard<'_>,
) -> Composed {
    let mut composer = Composer {
        request,
        survey,
        scope,
        guard,
        tag: tag(request, scope),
        out: Composed::default(),
    };
    let groups = composer.groups();
    let mut touched = Vec::new();
    for (owner, group) in &groups {
        match guard.refuses(owner, group.partition, &group.role_arn) {
            Some(guarded) if !composer.only_seems(owner, &guarded) => {
                composer.refuse(owner, group, guarded);
            }
            _ => touched.push((owner, group)),
        }
    }
    composer.by_organisation(&touched);
    for (owner, group) in touched {
        match owner {
            Owner::User { account, name } => composer.user(owner, account, name, group),
            Owner::Role { account, name } => composer.role(owner, account, name, group),
            Owner::Root { account } => composer.root(owner, account, group),
            Owner::Person { name } => composer.person(owner, name, group),
            Owner::Outside | Owner::Unknown => composer.outside(owner, group),
        }
    }
    composer.roles_of_the_thief(&groups);
    composer.doors_of_the_thief();
    composer.functions_of_the_thief();
    composer.old_keys();
    composer.keys_off_already();
    composer.what_was_not_looked_up();
    composer.at_the_end();
    composer.out
}

impl Composer<'_> {
    /// What may act, by owner.
    fn groups(&self) -> BTreeMap<Owner, Group> {
        let mut groups: BTreeMap<Owner, Group> = BTreeMap::new();
        for node in &self.scope.may_act {
            let credential = self.survey.forest.credential(*node);
            let owner = self.survey.owner(*node).clone();
            let group = groups.entry(owner).or_insert_with(|| Group {
                partition: "",
                role_arn: String::new(),
                members: Vec::new(),
            });
            if group.partition.is_empty() {
                group.partition = credential.partition;
            }
            let longer = credential.role_arn.len() > group.role_arn.len();
            let tie = credential.role_arn.len() == group.role_arn.len()
                && credential.role_arn < group.role_arn;
            if longer || tie {
                group.role_arn = credential.role_arn.clone();
            }
            group.members.push((*node, credential));
        }
        for group in groups.values_mut() {
            group.members.sort_by(|a, b| a.1.id.cmp(&b.1.id));
            if group.partition.is_empty() {
                group.partition = Partition::Aws.name();
            }
        }
        groups
    }

    /// Whether a role has the name of a service-linked one and is none, because the tree made it: those are made by
    /// another call. Whoever carries the plan out is asked, as nothing but the name is known there.
    fn only_seems(&mut self, owner: &Owner, guarded: &Guarded) -> bool {
        let Owner::Role { account, name } = owner else {
            return false;
        };
        let seems = guarded.reason == Reason::ServiceLinkedRole && self.scope.made.contains(owner);
        if seems {
            self.out.notes.insert(format!(
                "the thief made the role {name} in {account} with the name of a service-linked role, which it is not: \
                 --force {name} lets the plan be carried out"
            ));
        }
        seems
    }

    fn refuse(&mut self, owner: &Owner, group: &Group, guarded: Guarded) {
        if *owner == Owner::Outside {
            return;
        }
        let target = match owner {
            Owner::Unknown => group
                .members
                .iter()
                .map(|(_, credential)| named(credential, owner).what)
                .collect::<Vec<_>>()
                .join("; "),
            known => known.arn(group.partition),
        };
        self.out.refused.insert(Refused {
            target,
            why: guarded.why.clone(),
        });
        if guarded.reason == Reason::ForeignAccount {
            let account = owner.account();
            let place = place(account, group.partition, owner, None);
            let draft = action::notify_account::step(&place, account);
            self.out.drafts.push(draft);
        }
        if guarded.reason == Reason::ManagementAccount {
            let main = main_credential(&group.members);
            let place = place(owner.account(), group.partition, owner, main);
            let draft = action::secure_root::step(&place, &keys_of(&group.members));
            self.out.drafts.push(draft);
        }
        self.out.guarded.insert(owner.clone(), guarded);
    }

    fn root(&mut self, owner: &Owner, account: &str, group: &Group) {
        // Privileged tasks are begun by somebody of the organisation, and need no credential of the root.
        let mut members = group.members.iter();
        if members.all(|(_, credential)| is_assumed_root(credential)) {
            return;
        }
        let main = main_credential(&group.members);
        // The task is begun where the organisation is managed, and nowhere else.
        let management = self.request.estate.organisation.as_ref();
        let from = management.map_or("", |known| known.management_account.as_str());
        let place = place(from, group.partition, owner, main);
        let keys = keys_of(&group.members);
        let draft = action::delete_root_credentials::step(&place, group.partition, account, &keys);
        self.out.drafts.push(draft);
    }

    fn person(&mut self, owner: &Owner, name: &str, group: &Group) {
        let main = main_credential(&group.members);
        let administrator = group.members[0].1.account_id.clone();
        let region = self.region_of(&["sso", "sso-directory", "identitystore"]);
        let place = Place {
            region: &region,
            ..place(&administrator, group.partition, owner, main)
        };
        let ids = group
            .members
            .iter()
            .map(|(_, credential)| &credential.principal_id);
        let ids = ids.map(String::as_str).chain([name]);
        let id = ids.into_iter().find(|id| is_person_id(id));
        let mut draft = action::disable_person::step(&place, name, id);
        draft.measures = group
            .members
            .iter()
            .map(|(_, credential)| Measure {
                control: Control::PersonDisabled,
                on: owner.clone(),
                only: Only::Credential(credential.id.clone()),
            })
            .collect();
        self.out.drafts.push(draft);
    }

    fn oauth(&self, place: &Place<'_>, members: &[(Node, Credential)], drafts: &mut Vec<Draft>) {
        let any = members.iter().any(|(node, credential)| {
            credential.kind == Kind::OauthSession && self.survey.alive(*node)
        });
        if any {
            let partition = members[0].1.partition;
            let principal = place.on.arn(partition);
            drafts.push(action::revoke_oauth_tokens::step(place, &principal));
        }
    }

    /// Keys of the tree that were switched off a day ago or longer: now they may go.
    fn old_keys(&mut self) {
        let at_latest = self.request.as_of - INACTIVE_BEFORE_DELETION_S * 1_000_000;
        let forest = self.survey.forest;
        for node in &self.scope.members {
            let credential = forest.credential(*node);
            let owner = self.survey.owner(*node);
            let Owner::User { account, name } = owner else {
                continue;
            };
            let refused = self
                .guard
                .refuses(owner, credential.partition, "")
                .is_some();
            let Some(since) = inactive_since(&credential, self.request.as_of) else {
                continue;
            };
            if credential.kind != Kind::AccessKey || since > at_latest || refused {
                continue;
            }
            let place = place(account, credential.partition, owner, Some(&credential.id));
            for key in &credential.access_key_ids {
                let since = format_time(since);
                let draft = action::delete_access_key::step(&place, name, key, &since);
                self.out.drafts.push(draft);
            }
        }
    }

    /// Keys of the tree that somebody switched off before: whoever reads the plan looks for them in vain. Whoever
    /// used them rightfully needs others all the same.
    fn keys_off_already(&mut self) {
        let forest = self.survey.forest;
        let mut off: Vec<String> = Vec::new();
        for node in &self.scope.members {
            let credential = forest.credential(*node);
            if credential.kind != Kind::AccessKey || self.survey.alive(*node) {
                continue;
            }
            let owner = self.survey.owner(*node);
            if let Some(since) = inactive_since(&credential, self.request.as_of) {
                let named = named(&credential, owner);
                off.push(format!("{} since {}", named.what, format_time(since)));
            }
            let used = credential.event_count > 0 && !self.made_in_tree(&credential);
            if let Owner::User { account, name } = owner
                && used
            {
                let place = place(account, credential.partition, owner, Some(&credential.id));
                let denied = self.out.drafts.iter().any(|draft| {
                    draft.kind == action::deny_all_on_user::ACTION.name && draft.on == *owner
                });
                let denied = match denied {
                    true => Denied::Yes,
                    false => Denied::No,
                };
                let mut drafts = user::rotations(&place, name, denied, &credential);
                self.out.drafts.append(&mut drafts);
            }
        }
        if off.is_empty() {
            return;
        }
        off.sort();
        let more = match off.len().saturating_sub(NAMED_MAX) {
            0 => String::new(),
            more => format!("; and {more} more"),
        };
        off.truncate(NAMED_MAX);
        self.out.notes.insert(format!(
            "of the tree is off already, by these logs: {}{more}",
            off.join("; ")
        ));
    }

    /// One word about all users whose keys are known from logs only.
    fn what_was_not_looked_up(&mut self) {
        let users = &self.out.not_looked_up;
        if users.is_empty() {
            return;
        }
        let named: Vec<&str> = users.iter().take(NAMED_MAX).map(String::as_str).collect();
        let more = match users.len().saturating_sub(NAMED_MAX) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        self.out.notes.insert(format!(
            "the keys of {}{more} were not looked up: those that the logs show have a step each, and whatever else \
             is active is switched off when the plan is run; keyline contain inspect shows them beforehand",
            named.join(", ")
        ));
    }

    /// Verification, and the second stamp of whatever has an instant in it.
    fn at_the_end(&mut self) {
        let acts = self
            .out
            .drafts
            .iter()
            .any(|draft| !draft.measures.is_empty());
        if !acts {
            return;
        }
        let stamped = |draft: &&Draft| {
            let provisions = draft.kind == "provision-permission-set" && !draft.by_hand;
            let in_time = draft.phase == Phase::Revoke && !draft.by_hand;
            let stamped = draft.service == "iam" || draft.kind == "deny-in-permission-set";
            provisions
                || in_time
                    && stamped
                    && draft
                        .params
                        .values()
                        .any(|value| value.as_str().is_some_and(|text| text.contains(CUT_OFF)))
        };
        let again: Vec<Draft> = self
            .out
            .drafts
            .iter()
            .filter(stamped)
            .cloned()
            .map(|mut draft| {
                draft.phase = Phase::SecondStamp;
                for key in draft.key.iter_mut().chain(&mut draft.after) {
                    key.push_str(":again");
                }
                draft.why =
                    "again, for sessions that were made between the first time and the closing of the \
                     ways in"
                        .to_owned();
                draft
            })
            .collect();
        self.out.drafts.extend(again);
        let place = Place {
            account: "",
            region: "",
            on: &Owner::Outside,
            credential: None,
        };
        self.out.drafts.push(action::verify::step(&place));
    }

    /// Whether a credential was made by one of the tree.
    fn made_in_tree(&self, credential: &Credential) -> bool {
        let maker = credential.parent.as_ref();
        let of_theft = made_at(credential).is_none_or(|at| self.request.is_of_theft(at));
        of_theft
            && maker
                .and_then(|maker| self.survey.forest.by_id(&maker.id))
                .is_some_and(|maker| self.scope.members.contains(&maker))
    }
}

/// What the names of a plan's policies end with: the root or the incident, and a number of the plan's own, so that
/// two plans for one root do not take each other's policies for theirs.
fn tag(request: &Request<'_>, scope: &Scope) -> String {
    let named = match request.target {
        crate::request::Target::Incident { id, .. } => Some(id.clone()),
        crate::request::Target::Pivot(_) => None,
    };
    let root = scope
        .members
        .iter()
        .map(|node| request.forest.credential(*node));
    let root = root.min_by_key(|credential| (credential.depth, credential.id.clone()));
    let text = named.unwrap_or_else(|| root.map(|root| root.id).unwrap_or_default());
    let kept = text
        .chars()
        .filter(|letter| is_aws_name(&letter.to_string()));
    let kept: String = kept.take(48).collect();
    let ids = scope.members.iter().map(|node| request.forest.id(*node));
    let ids: BTreeSet<CredentialId> = ids.collect();
    let asked = json!({
        "target": request.target.name(),
        "as_of": request.as_of,
        "reach": reach_name(request.reach),
        "breadth": breadth_name(request.breadth),
        "stolen_since": request.stolen_since,
        "credentials": ids,
    });
    format!("{kept}-{}", &canonical::hash_of_json(&asked)[..8])
}

fn place<'a>(
    account: &'a str,
    partition: &str,
    on: &'a Owner,
    credential: Option<&'a str>,
) -> Place<'a> {
    Place {
        account,
        region: home_region(partition),
        on,
        credential,
    }
}

/// Where the global services of a partition stand.
fn home_region(partition: &str) -> &'static str {
    Partition::named(partition)
        .unwrap_or(Partition::Aws)
        .home_region()
}

/// The access keys among members, by their ids.
fn keys_of(members: &[(Node, Credential)]) -> Vec<String> {
    let keys = members.iter();
    let keys = keys.filter(|(_, credential)| credential.kind == Kind::AccessKey);
    let ids = keys.flat_map(|(_, credential)| &credential.access_key_ids);
    let ids: BTreeSet<&String> = ids.filter(|id| is_aws_name(id)).collect();
    ids.into_iter().cloned().collect()
}

/// The credential that a step about an owner names: the nearest to the root.
fn main_credential(members: &[(Node, Credential)]) -> Option<&str> {
    let nearest = members
        .iter()
        .min_by_key(|(_, credential)| (credential.depth, &credential.id));
    nearest.map(|(_, credential)| credential.id.as_str())
}

/// Whether text is the id of a user of Identity Center: a UUID, behind ten digits in the older stores.
fn is_person_id(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let of_lengths = |lengths: &[usize]| {
        let long = parts.iter().map(|part| part.len());
        let digits = |part: &&str| part.bytes().all(|byte| byte.is_ascii_hexdigit());
        long.eq(lengths.iter().copied()) && parts.iter().all(digits)
    };
    of_lengths(&[8, 4, 4, 4, 12]) || of_lengths(&[10, 8, 4, 4, 4, 12])
}

/// Whether `aws:userid` can have this value: an id, a colon, a name.
fn is_user_id(text: &str) -> bool {
    let parts = text.split_once(':');
    parts.is_some_and(|(id, name)| {
        id.bytes().all(|byte| byte.is_ascii_alphanumeric()) && !id.is_empty() && is_aws_name(name)
    })
}

/// Since when a key is inactive without a break.
fn inactive_since(credential: &Credential, at: i64) -> Option<i64> {
    use keyline_lineage::Effect;
    let mut since = None;
    for change in credential.changes.iter().filter(|change| change.at <= at) {
        match change.effect {
            Effect::Inactive => since = since.or(Some(change.at)),
            Effect::Active | Effect::Deleted => since = None,
            Effect::Revoked | Effect::Restored | Effect::Altered => {}
        }
    }
    since
}
