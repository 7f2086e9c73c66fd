//! The denial that nobody in an account can take away: a service control policy for each member account.
//!
//! In: the owners that are touched. Out: one step for each account, or several where one policy is too
//! small. It does not bind the management account and service-linked roles.

use std::collections::{BTreeMap, BTreeSet};

use keyline_lineage::{Credential, Node};

use crate::action;
use crate::control::{Control, Measure, Only, is_assumed_root, is_federated};
use crate::limits::ORG_POLICY_CHARS_MAX;
use crate::owner::Owner;
use crate::policy;
use crate::request::Breadth;

use super::{Composer, Group, is_user_id, place};

impl Composer<'_> {
    /// One service control policy for each member account, or several where one is too small.
    pub(super) fn by_organisation(&mut self, touched: &[(&Owner, &Group)]) {
        let Some(organisation) = &self.request.estate.organisation else {
            self.without_organisation();
            return;
        };
        let mut accounts: BTreeMap<&str, Vec<(&Owner, &Group)>> = BTreeMap::new();
        for (owner, group) in touched {
            // Against a root there is nothing else; for the rest it is the wide way.
            let wanted = match owner {
                Owner::User { .. } | Owner::Role { .. } => {
                    self.request.breadth == Breadth::Broad && !self.is_all_workload(owner, group)
                }
                Owner::Root { .. } => {
                    let mut members = group.members.iter();
                    self.request.breadth == Breadth::Broad
                        || members.any(|(node, _)| self.survey.alive(*node))
                }
                _ => false,
            };
            let binds = owner.account() != organisation.management_account;
            if wanted && binds {
                let of_account = accounts.entry(owner.account()).or_default();
                of_account.push((owner, group));
            }
        }
        for (account, owners) in accounts {
            let partition = owners[0].1.partition;
            let mut parts: Vec<Vec<Measure>> = vec![Vec::new()];
            for measure in owners
                .iter()
                .flat_map(|(owner, group)| organisation_measures(owner, group))
            {
                let last = parts.len() - 1;
                let mut longer = parts[last].clone();
                longer.push(measure.clone());
                let fits =
                    policy::organisation_deny(partition, &longer).len() <= ORG_POLICY_CHARS_MAX;
                match fits || parts[last].is_empty() {
                    true => parts[last] = longer,
                    false => parts.push(vec![measure]),
                }
            }
            let several = parts.len() > 1;
            for (number, part) in parts.iter().enumerate() {
                let name = match several {
                    true => format!("Keyline-{}-{account}-{}", self.tag, number + 1),
                    false => format!("Keyline-{}-{account}", self.tag),
                };
                let on = Owner::Root {
                    account: account.to_owned(),
                };
                let place = place(&organisation.management_account, partition, &on, None);
                let document = policy::organisation_deny(partition, part);
                self.out.drafts.push(action::deny_by_organisation::step(
                    &place,
                    &name,
                    document,
                    account,
                    part.clone(),
                ));
            }
        }
    }
}

impl Composer<'_> {
    /// What one may write at IAM the other may take away, and what is written is in force only seconds later.
    fn without_organisation(&mut self) {
        let changes_iam = self.request.events.iter().any(|event| {
            let maker = self.survey.forest.by_id(&event.credential);
            event.source.starts_with("iam.")
                && !event.failed
                && maker.is_some_and(|maker| self.scope.confirmed.contains(&maker))
        });
        if changes_iam {
            self.out.notes.insert(
                "the tree changed things at IAM, and may take denials away before they are in force; a policy of \
                 the organisation it cannot take away: --management-account"
                    .to_owned(),
            );
        }
    }
}

fn organisation_measures(owner: &Owner, group: &Group) -> Vec<Measure> {
    let assumed = |(_, credential): &&(Node, Credential)| is_assumed_root(credential);
    let tasks = group.members.iter().filter(assumed).count();
    let controls = match owner {
        Owner::User { .. } => vec![Control::OrgDenyUser],
        Owner::Role { .. } => vec![Control::OrgDenyRole],
        _ if tasks == group.members.len() => vec![Control::OrgDenyAssumedRoot],
        _ if tasks > 0 => vec![Control::OrgDenyRoot, Control::OrgDenyAssumedRoot],
        _ => vec![Control::OrgDenyRoot],
    };
    let measure = |control| Measure {
        control,
        on: owner.clone(),
        only: Only::All,
    };
    let federated = group.members.iter().map(|(_, credential)| credential);
    let federated = federated
        .filter(|credential| matches!(owner, Owner::User { .. }) && is_federated(credential));
    let ids: BTreeSet<String> = federated
        .map(|credential| credential.principal_id.clone())
        .filter(|id| is_user_id(id))
        .collect();
    let mut measures: Vec<Measure> = controls.into_iter().map(measure).collect();
    if !ids.is_empty() {
        measures.push(Measure {
            only: Only::UserIds(ids.into_iter().collect()),
            ..measure(Control::OrgDenyFederated)
        });
    }
    measures
}
