//! What is done to a user: everything is denied, every key switched off, older sessions revoked.
//!
//! The wide form takes every key of the user, known or not; the narrow form only what belongs to the tree.

use std::collections::{BTreeMap, BTreeSet};

use keyline_lineage::{Credential, Kind, Node};
use keyline_trail::time::format_time;
use serde_json::{Value, json};

use crate::action::deactivate_access_key::MadeBy;
use crate::action::rotate_access_key::Denied;
use crate::action::{self, Draft, Place};
use crate::control::{Subject, is_federated, subject};
use crate::limits::ROTATION_SOURCES_MAX;
use crate::owner::{Owner, is_aws_name};
use crate::request::Breadth;

use super::{Composer, Group, is_user_id, main_credential, place};

impl Composer<'_> {
    pub(super) fn user(&mut self, owner: &Owner, account: &str, name: &str, group: &Group) {
        let main = main_credential(&group.members);
        let place = place(account, group.partition, owner, main);
        let mut not_looked_up = false;
        let mut drafts = vec![action::snapshot_user::step(&place, name)];
        let known = self.request.inventory.user(account, name);
        let alive = |wanted: &[Subject]| -> Vec<&(Node, Credential)> {
            let usable = group.members.iter().filter(|(node, credential)| {
                self.survey.alive(*node) && credential.kind.is_usable()
            });
            usable
                .filter(|(_, credential)| wanted.contains(&subject(credential, owner)))
                .collect()
        };
        let set_by_thief = |credential: &Credential| self.made_in_tree(credential);
        let broad = self.request.breadth == Breadth::Broad;
        let passwords = alive(&[Subject::Password]);
        // Nothing else stops a password at once: a person sets another, and a deletion, of one that the thief set, waits
        // to be confirmed. Nor does anything else what has no id by which it could be switched off.
        let nameless = alive(&[Subject::OtherLongTerm])
            .into_iter()
            .any(|(_, credential)| id_of(credential).is_none());
        let denied = broad || !passwords.is_empty() || nameless;
        if denied {
            drafts.push(action::deny_all_on_user::step(&place, name, &self.tag));
        }

        // Every key of the user where everything is denied to it, because under the denial a key makes tokens
        // that wake up with its end; else those of the tree.
        let every_key = denied;
        let mut keys: BTreeMap<String, (MadeBy, Option<String>, String)> = BTreeMap::new();
        for node in self.survey.living(owner) {
            let credential = self.survey.forest.credential(*node);
            let member = self.scope.members.contains(node);
            if credential.kind != Kind::AccessKey || !(every_key || member) {
                continue;
            }
            let made_by = match set_by_thief(&credential) && member {
                true => MadeBy::Thief,
                false => MadeBy::Others,
            };
            let why = match (member, made_by) {
                (true, MadeBy::Thief) => "the thief made this key",
                (true, MadeBy::Others) => "this key is in the thief's hands",
                (false, _) => "another key of the same user: it would be the next",
            };
            for id in &credential.access_key_ids {
                let id_of_lineage = Some(credential.id.clone());
                keys.insert(id.clone(), (made_by, id_of_lineage, why.to_owned()));
            }
        }
        if every_key {
            match known.and_then(|known| known.access_keys.as_ref()) {
                Some(listed) => {
                    for key in listed.iter().filter(|key| key.status == "Active") {
                        let why = "an active key of the same user that no log shows".to_owned();
                        keys.entry(key.access_key_id.clone()).or_insert((
                            MadeBy::Others,
                            None,
                            why,
                        ));
                    }
                }
                None => not_looked_up = true,
            }
        }
        for (key, (made_by, of_lineage, why)) in keys {
            let mut draft = action::deactivate_access_key::step(&place, name, &key, made_by, why);
            draft.credential = of_lineage.or(draft.credential);
            drafts.push(draft);
        }
        if every_key {
            drafts.push(action::deactivate_other_keys::step(&place, name));
        }
        for (_, credential) in alive(&[Subject::OtherLongTerm]) {
            drafts.extend(other_long_term(&place, name, credential));
        }
        for (_, credential) in &passwords {
            if !set_by_thief(credential) {
                drafts.push(action::reset_password::step(&place, name));
                continue;
            }
            let deletion = action::delete_password::step(&place, name, &credential.id);
            drafts.push(deletion);
            // Whoever had one before wants to sign in again.
            let changed = ["iam:UpdateLoginProfile", "iam:ChangePassword"];
            if changed.contains(&credential.issuing_api.as_str()) {
                drafts.push(action::reset_password::step_after_deletion(&place, name));
            }
        }
        let device = |(_, credential): &&(Node, Credential)| {
            credential.kind == Kind::MfaDevice
                && set_by_thief(credential)
                && !credential.mfa_serial.is_empty()
        };
        for (_, credential) in group.members.iter().filter(device) {
            let serial = &credential.mfa_serial;
            drafts.push(action::remove_mfa_device::step(&place, name, serial));
        }

        let sessions = alive(&[
            Subject::UserSession,
            Subject::FederatedSession,
            Subject::UserConsole,
        ]);
        let federated: BTreeSet<String> = sessions
            .iter()
            .filter(|(_, credential)| is_federated(credential))
            .map(|(_, credential)| credential.principal_id.clone())
            .filter(|id| is_user_id(id))
            .collect();
        let all_federated = sessions.iter().all(|(_, credential)| {
            is_federated(credential) && federated.contains(&credential.principal_id)
        });
        if broad {
            drafts.push(action::revoke_user_sessions::step(
                &place,
                name,
                &self.tag,
                "so that the old sessions stay dead when the denial is lifted",
            ));
        } else if !sessions.is_empty() && !denied {
            let ids: Vec<String> = federated.into_iter().collect();
            drafts.push(match all_federated {
                true => action::deny_federated_user::step(&place, name, &ids, &self.tag),
                false => action::revoke_user_sessions::step(
                    &place,
                    name,
                    &self.tag,
                    "sessions of the user live on whatever becomes of the key",
                ),
            });
        }
        self.oauth(&place, &group.members, &mut drafts);
        // Also of keys that are switched off only because they would be the next.
        for node in self.survey.living(owner) {
            let credential = self.survey.forest.credential(*node);
            let in_use = credential.kind == Kind::AccessKey && credential.event_count > 0;
            let member = self.scope.members.contains(node);
            let of_thief = member && set_by_thief(&credential);
            if in_use && !of_thief && (every_key || member) {
                let denied = match every_key {
                    true => Denied::Yes,
                    false => Denied::No,
                };
                drafts.extend(rotations(&place, name, denied, &credential));
            }
        }
        if not_looked_up {
            self.out
                .not_looked_up
                .insert(format!("{name} in {account}"));
        }
        self.out.drafts.append(&mut drafts);
    }
}

fn other_long_term(place: &Place<'_>, user: &str, credential: &Credential) -> Option<Draft> {
    let id = id_of(credential);
    let step = match credential.kind {
        Kind::ServiceCredential => action::deactivate_service_credential::step,
        Kind::SshKey => action::deactivate_ssh_key::step,
        Kind::Certificate => action::deactivate_signing_certificate::step,
        _ => return None,
    };
    let why = "it is in the thief's hands".to_owned();
    let mut draft = step(
        place,
        user,
        id.map_or("", String::as_str),
        &credential.id,
        why,
    );
    // Without its id a person looks it up.
    draft.by_hand = id.is_none();
    Some(draft)
}

/// The id of a service credential, an SSH key or a certificate, where a record gives it.
fn id_of(credential: &Credential) -> Option<&String> {
    let mut ids = credential.access_key_ids.iter();
    let id = ids.next().or(credential.minted_key_id.as_ref());
    id.filter(|id| is_aws_name(id))
}

/// A step for each key of a credential that its rightful users lose, with all that used it.
pub(super) fn rotations(
    place: &Place<'_>,
    user: &str,
    denied: Denied,
    credential: &Credential,
) -> Vec<Draft> {
    let from: Vec<Value> = credential
        .sources
        .iter()
        .take(ROTATION_SOURCES_MAX)
        .map(|source| {
            json!({
                "address": source.address,
                "last_used": format_time(source.last_used),
                "event_count": source.event_count,
            })
        })
        .collect();
    let agents = json!(credential.user_agents);
    let keys = credential.access_key_ids.iter();
    keys.map(|key| {
        let from = Value::Array(from.clone());
        action::rotate_access_key::step(place, user, denied, key, from, agents.clone())
    })
    .collect()
}
