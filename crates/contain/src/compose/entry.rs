//! The ways in: who outside the accounts makes sessions, and the workloads that they were taken from.
//!
//! What is revoked is made again as long as its maker may. Another account is shut out in the role's trust
//! policy; identity providers, certificates and most workloads are for a person.

use std::collections::BTreeSet;

use keyline_lineage::{Credential, Kind, Node};
use keyline_trail::partition::Partition;
use serde_json::{Value, json};

use crate::action::{self, Draft, Place};
use crate::owner::{Owner, is_aws_name};

use super::role::Undoing;
use super::{Composer, Group, home_region};

impl Composer<'_> {
    /// Who outside the accounts assumed the role: another account, an identity provider, a certificate.
    pub(super) fn ways_in(
        &mut self,
        place: &Place<'_>,
        account: &str,
        name: &str,
        group: &Group,
        drafts: &mut Vec<Draft>,
    ) {
        let forest = self.survey.forest;
        let makers: BTreeSet<Node> = group
            .members
            .iter()
            .filter_map(|(node, _)| forest.parent(*node))
            .filter(|maker| *self.survey.owner(*maker) == Owner::Outside)
            .collect();
        let known = self.request.inventory.role(account, name);
        let trust = known.and_then(|role| role.assume_role_policy_document.as_ref());
        let mut shut_before: Option<Value> = None;
        for maker in makers {
            let maker_credential = forest.alone(maker);
            let shown = shown(&maker_credential);
            let role = Owner::Role {
                account: account.to_owned(),
                name: name.to_owned(),
            };
            match self.shut_by_undoing(&role, maker) {
                Some(Undoing::ShutsOut) => continue,
                // What is put back would undo whatever is written beside it.
                Some(Undoing::LetsIn) => {
                    let why = format!(
                        "{shown} could make the next session of the role: what stood in its trust policy before the \
                         tree changed it, and is put back, lets it in as well"
                    );
                    drafts.push(action::close_trust::by_hand(place, name, why));
                    self.out.open_ways.insert(
                        maker,
                        format!("it can make a new session of role {name} in account {account}"),
                    );
                    continue;
                }
                None => {}
            }
            let shut = match maker_credential.kind {
                Kind::External => external_shut(&maker_credential, place),
                Kind::FederatedIdentity => {
                    drafts.push(action::fix_identity_provider::step(place, &shown));
                    None
                }
                Kind::Certificate => {
                    drafts.push(action::disable_roles_anywhere::step(place, &shown));
                    None
                }
                _ => continue,
            };
            let why = format!("{shown} could make the next session of the role");
            let base = shut_before.clone().or_else(|| trust.cloned());
            match (base, shut) {
                (Some(existing), Some(shut)) => {
                    let mut draft = action::close_trust::step(place, name, &existing, shut, why);
                    let document = draft.params["policy_document"].as_str();
                    shut_before = document.and_then(|text| serde_json::from_str(text).ok());
                    draft.rank = drafts.len() as u32;
                    drafts.push(draft);
                }
                (_, shut) => {
                    if shut.is_some() || maker_credential.kind == Kind::External {
                        drafts.push(action::close_trust::by_hand(place, name, why));
                    }
                    self.out.open_ways.insert(
                        maker,
                        format!("it can make a new session of role {name} in account {account}"),
                    );
                }
            }
        }
    }

    pub(super) fn workload(
        &self,
        place: &Place<'_>,
        node: Node,
        credential: &Credential,
        drafts: &mut Vec<Draft>,
    ) {
        let Some((kind, id)) = self.survey.origin(node, credential) else {
            return;
        };
        let name = id.rsplit([':', '/']).next().unwrap_or(&id).to_owned();
        if !is_aws_name(&name) {
            return;
        }
        let made = (credential.account_id.clone(), name.clone());
        let region = region_of_arn(&id).or_else(|| {
            let machine = self.scope.workloads.get(&made)?;
            Some(machine.region.clone())
        });
        let mut steps = if kind.starts_with("ec2") {
            vec![
                action::snapshot_instance::step(place, &name),
                action::replace_instance_profile::step(place, &name),
                action::isolate_instance::step(place, &name),
            ]
        } else if kind.starts_with("lambda") {
            vec![
                action::snapshot_function::step(place, &name),
                action::stop_function::step(place, &name),
            ]
        } else if kind.starts_with("ecs") || kind.starts_with("eks") {
            vec![action::stop_task::step(place, &name)]
        } else {
            Vec::new()
        };
        for step in &mut steps {
            match &region {
                Some(region) => step.region = region.clone(),
                // Without its region a workload is looked for by a person.
                None => {
                    step.by_hand = true;
                    step.region = String::new();
                }
            }
        }
        drafts.append(&mut steps);
    }

    /// What sessions come from and what is none of ours.
    pub(super) fn outside(&mut self, owner: &Owner, group: &Group) {
        for (_, credential) in &group.members {
            let place = Place {
                account: &credential.account_id,
                region: home_region(credential.partition),
                on: owner,
                credential: Some(&credential.id),
            };
            let foreign = credential.kind == Kind::External;
            if foreign && !credential.account_id.is_empty() {
                let account = &credential.account_id;
                self.out
                    .drafts
                    .push(action::notify_account::step(&place, account));
            }
        }
    }
}

/// What is shut out of a role that another account assumed.
fn external_shut(maker: &Credential, place: &Place<'_>) -> Option<action::close_trust::Shut> {
    if !crate::owner::is_account(&maker.account_id) || maker.account_id == place.account {
        return None;
    }
    let partition = match maker.partition {
        "" => Partition::Aws.name(),
        known => known,
    };
    Some(action::close_trust::Shut {
        principal: json!({"AWS": format!("arn:{partition}:iam::{}:root", maker.account_id)}),
        action: "sts:AssumeRole",
        condition: None,
    })
}

/// A credential for people: whatever names it best.
fn shown(credential: &Credential) -> String {
    let names = [
        &credential.principal_arn,
        &credential.principal_id,
        &credential.account_id,
        &credential.id,
    ];
    let name = names.into_iter().find(|name| !name.is_empty());
    name.cloned().unwrap_or_default()
}

fn region_of_arn(text: &str) -> Option<String> {
    let arn = keyline_trail::arn::Arn::parse(text)?;
    (!arn.region.is_empty()).then(|| arn.region.to_owned())
}
