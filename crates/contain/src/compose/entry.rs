//! The ways in: who outside the accounts makes sessions, and the workloads that they were taken from.
//!
//! What is revoked is made again as long as its maker may. Another account is shut out in the role's trust
//! policy; identity providers, certificates and most workloads are for a person.

use std::collections::BTreeSet;

use keyline_lineage::{Credential, Kind, Node};
use keyline_trail::partition::Partition;
use serde_json::{Value, json};

use crate::action::fix_identity_provider::Provider;
use crate::action::{self, Draft, Place};
use crate::doors::{function_name, last_part};
use crate::limits::DOCUMENT_DEPTH_MAX;
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
                    let provider = provider(&maker_credential, place);
                    let fix = action::fix_identity_provider::step(place, &shown, &provider);
                    drafts.push(fix);
                    None
                }
                Kind::Certificate => {
                    let region = self.region_of(&["rolesanywhere"]);
                    let place = Place {
                        region: &region,
                        ..place.clone()
                    };
                    drafts.push(action::disable_roles_anywhere::step(&place, &shown));
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
        let region = region_of_arn(&id)
            .or_else(|| {
                let machine = self.scope.workloads.get(&made)?;
                Some(machine.region.clone())
            })
            .or_else(|| self.region_naming(&credential.account_id, &name));
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
        } else if kind.starts_with("ecs") {
            let cluster = cluster_of_arn(&id);
            vec![action::stop_task::step(place, &name, cluster.as_deref())]
        } else if kind.starts_with("eks") {
            vec![action::stop_pod::step(place, &name)]
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

    /// The region in which one of these services was changed by whomever, as far as that is one: what stands once in
    /// an organisation or an account is called there. Empty where no event says it, or where several do.
    pub(super) fn region_of(&self, services: &[&str]) -> String {
        let events = self.request.events.iter();
        let of_services = events.filter(|event| {
            let service = event.source.split('.').next().unwrap_or_default();
            services.contains(&service)
        });
        let regions: BTreeSet<&str> = of_services.map(|event| event.region.as_str()).collect();
        match (regions.len(), regions.first()) {
            (1, Some(region)) => (*region).to_owned(),
            _ => String::new(),
        }
    }

    /// The region of an event that names a workload, whoever made it.
    fn region_naming(&self, account: &str, workload: &str) -> Option<String> {
        let mut events = self.request.events.iter();
        let event = events.find(|event| {
            let here = event.account == account && !event.region.is_empty();
            here && [&event.request, &event.response]
                .into_iter()
                .any(|part| names(part, workload, DOCUMENT_DEPTH_MAX))
        })?;
        Some(event.region.clone())
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

/// Whether a part of a record names something, by its name or as the end of its ARN.
fn names(value: &Value, wanted: &str, deep: usize) -> bool {
    let Some(deeper) = deep.checked_sub(1) else {
        return false;
    };
    match value {
        Value::String(text) => text == wanted || last_part(function_name(text)) == wanted,
        Value::Array(items) => items.iter().any(|item| names(item, wanted, deeper)),
        Value::Object(members) => members.values().any(|item| names(item, wanted, deeper)),
        _ => false,
    }
}

/// The provider that vouched for an identity, as its records name it.
fn provider(identity: &Credential, place: &Place<'_>) -> Provider {
    let names = [
        &identity.principal_arn,
        &identity.principal_id,
        &identity.user_name,
    ];
    let partition = Partition::of_region(place.region).name();
    let by_name = |name: &&String| {
        let name = name.as_str();
        if name.contains(":saml-provider/") {
            return Some(Provider::Saml(name.to_owned()));
        }
        if name.contains(":oidc-provider/") {
            return Some(Provider::OpenId(name.to_owned()));
        }
        if let Some((_, rest)) = name.split_once("cognito-identity.amazonaws.com:") {
            let pool: Vec<&str> = rest.splitn(3, ':').collect();
            if let [region, id, ..] = pool[..] {
                return Some(Provider::Cognito(
                    format!("{region}:{id}"),
                    region.to_owned(),
                ));
            }
        }
        // Records give an OpenID provider by its address, too.
        let host = name.split(['/', ':']).next().unwrap_or_default();
        let is_host = host.contains('.') && !name.starts_with("arn:") && !name.contains('@');
        let address = name.split(':').next().unwrap_or_default();
        is_host.then(|| {
            let account = place.account;
            Provider::OpenId(format!(
                "arn:{partition}:iam::{account}:oidc-provider/{address}"
            ))
        })
    };
    names.iter().find_map(by_name).unwrap_or(Provider::Unknown)
}

/// The cluster in the ARN of a task.
fn cluster_of_arn(text: &str) -> Option<String> {
    let arn = keyline_trail::arn::Arn::parse(text)?;
    let (cluster, _) = arn.resource.strip_prefix("task/")?.split_once('/')?;
    is_aws_name(cluster).then(|| cluster.to_owned())
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
