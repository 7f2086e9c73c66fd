//! Whether what was done is still there, and whether anybody of the tree still gets through.
//!
//! In: a plan, its journal and AWS, or a forest of later events. Out: steps that are not as wanted, and
//! credentials that succeeded after the cut. For some seconds after a change the old state is in force, and
//! whoever uses them can take a control away again: so one looks several times and lays it on again. That
//! nobody succeeds proves nothing; keys that do not work leave no trace.

use std::collections::{BTreeMap, BTreeSet};

use keyline_lineage::limits::PROPAGATION_S;
use keyline_lineage::{CredentialId, Forest, Node};
use keyline_trail::time::format_time;
use serde_json::{Value, json};

use crate::action::params;
use crate::aws::{Ask, Asked, At, Aws, CallError, CallErrorKind, wanted};
use crate::error::Error;
use crate::guard::{Guard, principal};
use crate::journal::{Event, Journal};
use crate::limits::{AT_ONCE_MAX, RACE_BURST_S, RACE_QUIET_S, RACE_S_MAX};
use crate::names::named;
use crate::owner::{Owner, owner};
use crate::plan::{Call, Phase, Plan, Step};
use crate::run::{Clock, filled_in};
use crate::sweep::{found, is_sweep, switched, unnamed, user_of};

/// When one looks, in seconds after the last step: within the seconds in which an old state may still be in
/// force, after them, and when nothing of it can be left.
pub const LOOKS_S: [u64; 3] = [5, 15, 60];

/// Looks at every control that was laid on, as often as said, and lays on again what is gone. Out come the
/// steps that were not as wanted at the last look.
pub(crate) fn settle(
    plan: &Plan,
    aws: &mut dyn Aws,
    journal: &mut Journal,
    clock: &mut dyn Clock,
    guard: &Guard<'_>,
    looks_s: &[u64],
) -> Result<Vec<String>, Error> {
    let mut waited_s = 0;
    let mut wrong = Vec::new();
    for look_s in looks_s {
        clock.wait_s(look_s.saturating_sub(waited_s));
        waited_s = *look_s;
        wrong = looked(plan, aws, journal);
        if !wrong.is_empty() {
            wrong = race(plan, wrong, aws, journal, clock, guard)?;
        }
        // A race that is lost is not won by waiting.
        if !wrong.is_empty() {
            break;
        }
    }
    Ok(wrong.into_iter().map(|wrong| wrong.step).collect())
}

/// Somebody takes away what is laid on, and can do so until it is in force, some seconds later. What was taken
/// away once is laid on again without a pause and without looking: whoever takes it away each second then finds
/// it in force more often than not, and once denied for some seconds does not come back. So it goes on until
/// nothing was gone for longer than that takes, or for so long that somebody is as quick, or has power which the
/// plan does not take away.
fn race(
    plan: &Plan,
    mut wrong: Vec<Wrong>,
    aws: &mut dyn Aws,
    journal: &mut Journal,
    clock: &mut dyn Clock,
    guard: &Guard<'_>,
) -> Result<Vec<Wrong>, Error> {
    let lost_at = clock.now() + RACE_S_MAX * 1_000_000;
    let mut contested: BTreeSet<String> = BTreeSet::new();
    let mut quiet_s = 0;
    loop {
        let gone = wrong.iter().filter(|wrong| wrong.seen == Seen::Gone);
        contested.extend(gone.map(|wrong| wrong.step.clone()));
        let is_raced = wrong.iter().any(|wrong| wrong.seen == Seen::Gone);
        if wrong.is_empty() {
            quiet_s += 1;
        } else {
            quiet_s = 0;
        }
        if quiet_s > RACE_QUIET_S {
            return Ok(Vec::new());
        }
        // That it is there at this moment says nothing while somebody takes it away time and again.
        if clock.now() > lost_at {
            let still = contested.into_iter().filter(|step| {
                let known = |wrong: &Wrong| wrong.step == *step;
                !wrong.iter().any(known)
            });
            let still: Vec<Wrong> = still
                .map(|step| Wrong {
                    step,
                    seen: Seen::Gone,
                })
                .collect();
            wrong.extend(still);
            return Ok(wrong);
        }
        match is_raced {
            true => {
                let burst_until = clock.now() + RACE_BURST_S * 1_000_000;
                while clock.now() < burst_until {
                    let done = lay_on_again(plan, &contested, aws, journal, clock, guard)?;
                    // Who refuses now refuses in a moment.
                    if done == 0 {
                        clock.wait_s(1);
                    }
                }
            }
            false => {
                let unread: BTreeSet<String> =
                    wrong.iter().map(|wrong| wrong.step.clone()).collect();
                lay_on_again(plan, &unread, aws, journal, clock, guard)?;
                clock.wait_s(1);
            }
        }
        wrong = looked(plan, aws, journal);
    }
}

/// A step that is not as it was left.
struct Wrong {
    step: String,
    seen: Seen,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Seen {
    /// It is gone, or is something else.
    Gone,
    /// It cannot be read, so that it is not known to be there.
    Unread,
}

/// Steps that were done and are not as wanted now. Only reads.
pub fn look(plan: &Plan, aws: &mut dyn Aws, journal: &Journal) -> Vec<String> {
    let wrong = looked(plan, aws, journal).into_iter();
    wrong.map(|wrong| wrong.step).collect()
}

fn looked(plan: &Plan, aws: &mut dyn Aws, journal: &Journal) -> Vec<Wrong> {
    let done = plan.steps.iter().filter_map(|step| {
        if is_sweep(step) && journal.is_done(&step.id) {
            let call = list_keys(user_of(step));
            return Some((step, call, None));
        }
        let call = in_force(plan, step, journal)?;
        Some((step, call.clone(), Some(wanted(call)?)))
    });
    let done: Vec<(&Step, Call, Option<Value>)> = done.collect();
    let mut wrong = Vec::new();
    for some in done.chunks(AT_ONCE_MAX) {
        let asked: Vec<Asked<'_>> = some
            .iter()
            .map(|(step, call, _)| Asked {
                place: at(step),
                ask: Ask::State(call),
            })
            .collect();
        for ((step, call, wanted), state) in some.iter().zip(aws.together(&asked)) {
            let is_there = match (state, wanted) {
                (Ok(state), Some(wanted)) => state == *wanted,
                (Ok(state), None) => unnamed(plan, step, listed_keys(&state)).is_empty(),
                // A key that is gone needs no switching off, and a user who is gone has none.
                (Err(error), wanted) if error.kind == CallErrorKind::Missing => {
                    wanted.as_ref().is_none_or(Value::is_null) || call.params.contains_key("status")
                }
                (Err(_), _) => {
                    wrong.push(Wrong {
                        step: step.id.clone(),
                        seen: Seen::Unread,
                    });
                    continue;
                }
            };
            if !is_there {
                wrong.push(Wrong {
                    step: step.id.clone(),
                    seen: Seen::Gone,
                });
            }
        }
    }
    wrong
}

/// A key of a denied user that works, or of which that is not known.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Awake {
    pub account: String,
    pub user: String,
    /// The key; `None` where the user's keys cannot be listed, with the reason in `unread`.
    pub key: Option<String>,
    pub unread: String,
}

impl Awake {
    /// What is the matter, for people.
    pub fn why(&self) -> String {
        let of = format!("{} in {}", self.user, self.account);
        match &self.key {
            Some(key) => format!(
                "the key {key} of {of} is active: it can do nothing under the denial but make session tokens, \
                 which wake up with its end"
            ),
            None => format!("the keys of {of} cannot be listed: {}", self.unread),
        }
    }
}

/// Keys that are active although everything is denied to their users: those that the plan did not know, that
/// were made since, or that somebody switched on again. Only reads.
pub fn awake(plan: &Plan, aws: &mut dyn Aws, journal: &Journal) -> Vec<Awake> {
    let denied = plan.steps.iter().filter(|step| {
        step.kind == "deny-all-on-user" && journal.is_done(&step.id) && !step.by_hand
    });
    let denied: BTreeSet<(&str, &str, &str)> = denied
        .filter_map(|step| {
            let user = step.params.get("user_name")?.as_str()?;
            Some((step.account.as_str(), step.region.as_str(), user))
        })
        .collect();
    let mut found = BTreeSet::new();
    for (account, region, user) in denied {
        let place = At { account, region };
        let of_user = |key: Option<String>, unread: String| Awake {
            account: account.to_owned(),
            user: user.to_owned(),
            key,
            unread,
        };
        match keys_of(aws, &place, user) {
            Ok(keys) => {
                let active = keys.into_iter().filter(|(_, status)| status == "Active");
                found.extend(active.map(|(key, _)| of_user(Some(key), String::new())));
            }
            Err(error) => {
                found.insert(of_user(None, error.why()));
            }
        }
    }
    found.into_iter().collect()
}

/// The access keys of a user with their status, as they are now; of a user who is gone there are none.
pub(crate) fn keys_of(
    aws: &mut dyn Aws,
    place: &At<'_>,
    user: &str,
) -> Result<Vec<(String, String)>, CallError> {
    match aws.state(place, &list_keys(user)) {
        Err(error) if error.kind == CallErrorKind::Missing => Ok(Vec::new()),
        state => Ok(listed_keys(&state?)),
    }
}

fn list_keys(user: &str) -> Call {
    Call::new("iam", LIST_KEYS, params([("user_name", json!(user))]))
}

fn listed_keys(state: &Value) -> Vec<(String, String)> {
    let keys = state["access_keys"].as_array().into_iter().flatten();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let listed = keys.map(|key| (text(&key["access_key_id"]), text(&key["status"])));
    listed.collect()
}

/// The read by which a user's keys are listed: no step has it.
pub(crate) const LIST_KEYS: &str = "ListAccessKeys";

/// What later logs say about a credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// It got through.
    Alarm,
    /// It may be the thief's, and may be anybody's: somebody should look.
    Look,
}

/// A credential that later logs tell something about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alarm {
    pub weight: Weight,
    pub credential: CredentialId,
    /// What it is, for people.
    pub what: String,
    /// When it last succeeded, or, of what is to be looked at, when it was issued.
    pub at: i64,
    pub why: String,
}

/// Who was successful after the cut, by events that were read later: who is of the tree or came from it since,
/// whose key the plan switched off, and whoever has the owner to whom everything was denied. The cut is the
/// last control that was laid on, or for a key and for a denial its own, and the time that it takes to be in
/// force everywhere. New sessions of revoked roles whose maker no log shows are to be looked at.
pub fn alarms(plan: &Plan, journal: &Journal, later: &Forest) -> Vec<Alarm> {
    let done = journal.done();
    let last_of = |step: &Step| {
        let of_step = done.iter().filter(|done| done.step == step.id);
        of_step.map(|done| done.at).max()
    };
    let controls = plan.steps.iter().filter(|step| !step.stops.is_empty());
    let cut = controls.filter_map(last_of).max();
    let mut found: BTreeMap<Node, Alarm> = BTreeMap::new();
    let mut succeeded = |node: Node, since: i64, what: &str| {
        let credential = later.credential(node);
        let in_force = since.saturating_add(PROPAGATION_S * 1_000_000);
        let Some(at) = credential.last_success.filter(|at| *at > in_force) else {
            return;
        };
        found.entry(node).or_insert_with(|| Alarm {
            weight: Weight::Alarm,
            why: format!(
                "it succeeded at {}, and {what} {}; asking who it is, which always succeeds, does not count",
                format_time(at),
                format_time(since)
            ),
            what: named(&credential, &owner(later, node, &credential)).what,
            credential: credential.id,
            at,
        });
    };
    let mut denied: BTreeMap<Owner, i64> = BTreeMap::new();
    let mut revoked: BTreeMap<Owner, i64> = BTreeMap::new();
    for step in &plan.steps {
        let Some(at) = last_of(step) else {
            continue;
        };
        let key = step.params.get("access_key_id").and_then(Value::as_str);
        let off = step.params.get("status").is_some_and(|to| to == "Inactive");
        let named = key.filter(|_| off).map(|key| (key.to_owned(), at));
        let swept = journal.swept(&step.id).into_iter();
        let swept = swept.filter(|_| is_sweep(step));
        for (key, at) in named
            .into_iter()
            .chain(swept.map(|swept| (swept.key, swept.at)))
        {
            for node in later.nodes() {
                if later.credential(node).access_key_ids.contains(&key) {
                    succeeded(node, at, "its key was switched off at");
                }
            }
        }
        let owners = match step.kind.as_str() {
            "deny-all-on-user" | "deny-all-on-role" => &mut denied,
            "revoke-role-sessions" => &mut revoked,
            _ => continue,
        };
        if let Some(owner) = principal(&step.account, &step.call()) {
            let since = owners.entry(owner).or_insert(at);
            *since = at.max(*since);
        }
    }
    for id in &plan.credentials {
        let (Some(node), Some(cut)) = (later.by_id(id), cut) else {
            continue;
        };
        for node in std::iter::once(node).chain(later.descendants(node)) {
            succeeded(node, cut, "the last control was laid on at");
        }
    }
    let owners: Vec<(Node, Owner)> = later
        .nodes()
        .map(|node| (node, owner(later, node, &later.credential(node))))
        .collect();
    for (node, owner) in &owners {
        if let Some(since) = denied.get(owner) {
            succeeded(*node, *since, "everything was denied to its owner at");
        }
    }
    for (node, owner) in owners {
        let credential = later.credential(node);
        let since = revoked.get(&owner).copied();
        let issued = credential
            .issued_at
            .zip(since)
            .filter(|(at, since)| at > since);
        let Some((at, since)) = issued.filter(|_| credential.parent.is_none()) else {
            continue;
        };
        found.entry(node).or_insert_with(|| Alarm {
            weight: Weight::Look,
            why: format!(
                "a session of a role whose sessions were revoked at {}, issued at {} by whom no log shows",
                format_time(since),
                format_time(at)
            ),
            what: named(&credential, &owner).what,
            credential: credential.id,
            at,
        });
    }
    let mut found: Vec<Alarm> = found.into_values().collect();
    found.sort_by(|a, b| (a.weight, a.at, &a.credential).cmp(&(b.weight, b.at, &b.credential)));
    found
}

/// The call of a step that should be in force: the second stamp takes the place of the first.
fn in_force<'a>(plan: &Plan, step: &Step, journal: &'a Journal) -> Option<&'a Call> {
    if !journal.is_done(&step.id) || step.phase == Phase::Evidence || is_sweep(step) {
        return None;
    }
    let stamped_again = plan.steps.iter().any(|other| {
        other.phase == Phase::SecondStamp
            && step.phase != Phase::SecondStamp
            && other.account == step.account
            && other.params == step.params
            && journal.is_done(&other.id)
    });
    match stamped_again {
        true => None,
        false => journal.call_of(&step.id),
    }
}

/// What carries a changed permission set into the accounts.
pub(crate) const PROVISION: &str = "ProvisionPermissionSet";

/// These steps, and the provisioning of each permission set that one of them writes: what is written there is in
/// force only where it is provisioned.
fn with_provisioning<'a>(
    plan: &'a Plan,
    wrong: &BTreeSet<String>,
    journal: &Journal,
) -> Vec<&'a Step> {
    let is_wrong = |step: &Step| wrong.contains(&step.id);
    let carries = |step: &Step| {
        let mut others = plan.steps.iter();
        step.action == PROVISION
            && journal.is_done(&step.id)
            && others.any(|other| is_wrong(other) && step.depends_on.contains(&other.id))
    };
    let steps = plan.steps.iter();
    steps
        .filter(|step| is_wrong(step) || carries(step))
        .collect()
}

/// Lays steps on again, and switches off what came to light. Out comes how many calls succeeded.
fn lay_on_again(
    plan: &Plan,
    wrong: &BTreeSet<String>,
    aws: &mut dyn Aws,
    journal: &mut Journal,
    clock: &mut dyn Clock,
    guard: &Guard<'_>,
) -> Result<usize, Error> {
    // Sessions that were made since the first time are older than the new instant.
    let instant = clock.now();
    let mut again: Vec<(&Step, Call)> = Vec::new();
    for step in with_provisioning(plan, wrong, journal) {
        if is_sweep(step) {
            let keys = found(plan, step, aws).unwrap_or_default();
            again.extend(
                keys.iter()
                    .map(|key| (step, switched(step, key, "Inactive"))),
            );
        } else if let Some(made) = journal.call_of(&step.id) {
            let call = match made.action == step.action {
                true => {
                    let mut call = filled_in(step, instant);
                    // It may have been laid on under another name.
                    if let Some(name) = made.params.get("policy_name") {
                        call.params.insert("policy_name".to_owned(), name.clone());
                    }
                    call
                }
                false => made.clone(),
            };
            again.push((step, call));
        }
    }
    again.retain(|(step, call)| {
        let refused = guard.refuses_step(step, call);
        refused.is_none()
    });
    let mut done = 0;
    let (then, first): (Vec<_>, Vec<_>) = again
        .into_iter()
        .partition(|(_, call)| call.action == PROVISION);
    for some in first.chunks(AT_ONCE_MAX).chain(then.chunks(AT_ONCE_MAX)) {
        let lines: Vec<(&str, Option<&Call>)> = some
            .iter()
            .map(|(step, call)| (step.id.as_str(), Some(call)))
            .collect();
        journal.write_all(clock.now(), Event::Reapplied, &lines, &Value::Null)?;
        let asked: Vec<Asked<'_>> = some
            .iter()
            .map(|(step, call)| Asked {
                place: at(step),
                ask: Ask::Call(call),
            })
            .collect();
        for ((step, _), answer) in some.iter().zip(aws.together(&asked)) {
            match answer {
                Ok(_) => done += 1,
                Err(error) => {
                    let why = json!({"why": error.why()});
                    journal.write(clock.now(), Event::ReapplyFailed, &step.id, None, why)?;
                }
            }
        }
    }
    Ok(done)
}

fn at(step: &Step) -> At<'_> {
    At {
        account: &step.account,
        region: &step.region,
    }
}
