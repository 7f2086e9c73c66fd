//! Functions into which the tree put something: whoever calls them runs it, with the role of the function.
//!
//! In: what the tree changed. Out: for each such function of ours a snapshot, a stop, and the revocation of its role's
//! older sessions, which what ran there may have carried away. What the tree made itself is taken back as a whole
//! (`resources.rs`); a function of which a session is in the tree is stopped with that (`entry.rs`). Who calls a
//! function is not asked: a timer or a queue is enough.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::action::{self, Place};
use crate::doors::function_name;
use crate::owner::{Owner, is_aws_name, named_by};
use crate::request::{AlteringEvent, Breadth};
use crate::undo_map::plain_name;

use super::Composer;

/// Members of a change of a function's settings by which something else runs than before, or with another role.
const RUNS_OTHERWISE: &[&str] = &[
    "environment",
    "fileSystemConfigs",
    "handler",
    "imageConfig",
    "layers",
    "role",
    "runtime",
];

impl Composer<'_> {
    /// Functions whose code, layers or settings the tree changed, the last change of each.
    pub(super) fn functions_of_the_thief(&mut self) {
        let mut changed: BTreeMap<(String, String, String), &AlteringEvent> = BTreeMap::new();
        for event in self.request.events {
            let made = plain_name(&event.name) == "CreateFunction";
            let Some(name) = function_changed_by(event) else {
                continue;
            };
            let maker = self.survey.forest.by_id(&event.credential);
            let confirmed = maker.is_some_and(|maker| self.scope.confirmed.contains(&maker));
            let in_time = event.at <= self.request.as_of && self.request.is_of_theft(event.at);
            if event.failed || !confirmed || !in_time || !self.guard.is_ours(&event.account) {
                continue;
            }
            if made {
                self.role_of_function(event, &name);
                continue;
            }
            let key = (event.account.clone(), event.region.clone(), name);
            let last = changed.entry(key).or_insert(event);
            if (last.at, &last.event_id) < (event.at, &event.event_id) {
                *last = event;
            }
        }
        for ((account, region, name), event) in changed {
            let made = self.scope.workloads.get(&(account.clone(), name.clone()));
            if made.is_some_and(|machine| machine.made) {
                continue;
            }
            let owner = Owner::Outside;
            let place = Place {
                account: &account,
                region: &region,
                on: &owner,
                credential: Some(&event.credential),
            };
            let snapshot = action::snapshot_function::step(&place, &name);
            let mut stop = action::stop_function::step(&place, &name);
            stop.why = format!(
                "the thief changed what runs in it ({}, event {}): whoever calls it runs that; put back what should \
                 run there before it is let run again",
                plain_name(&event.name),
                event.event_id
            );
            if !event.touched_later_by.is_empty() {
                stop.why.push_str(
                    "; somebody changed it since, and what the thief left there may be gone",
                );
                stop.needs_confirmation = true;
            }
            self.out.drafts.extend([snapshot, stop]);
            self.role_of_function(event, &name);
        }
    }

    /// What ran in a function held a session of its role, and may have carried it away. Those of which logs tell are
    /// stopped with the role's others; this is for those of which none does.
    fn role_of_function(&mut self, event: &AlteringEvent, function: &str) {
        let role = [&event.response, &event.request]
            .into_iter()
            .find_map(|part| part["role"].as_str());
        let Some(owner) = role.and_then(named_by) else {
            return;
        };
        let Owner::Role { account, name } = &owner else {
            return;
        };
        let partition = keyline_trail::partition::Partition::of_region(&event.region).name();
        let refused = self.guard.refuses(&owner, partition, "").is_some();
        if refused || *account != event.account || self.request.breadth == Breadth::Narrow {
            return;
        }
        let place = super::place(account, partition, &owner, Some(&event.credential));
        let why = format!(
            "what the thief put into the function {function} may have carried a session of it away"
        );
        let snapshot = action::snapshot_role::step(&place, name);
        let revoke = action::revoke_role_sessions::step(&place, name, &self.tag, &why);
        self.out.drafts.extend([snapshot, revoke]);
    }
}

/// The function in which something of the tree's runs after an event.
fn function_changed_by(event: &AlteringEvent) -> Option<String> {
    if !event.source.starts_with("lambda.") {
        return None;
    }
    let runs_otherwise = match plain_name(&event.name) {
        "CreateFunction" | "UpdateFunctionCode" => true,
        "UpdateFunctionConfiguration" => RUNS_OTHERWISE
            .iter()
            .any(|member| event.request.get(*member).is_some_and(|it| !it.is_null())),
        _ => false,
    };
    let parts = [&event.response, &event.request];
    let named = parts
        .into_iter()
        .find_map(|part: &Value| part["functionName"].as_str())?;
    let name = function_name(named);
    (runs_otherwise && is_aws_name(name)).then(|| name.to_owned())
}
