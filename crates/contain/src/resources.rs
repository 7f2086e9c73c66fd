//! What the tree made or altered, taken back.
//!
//! In: events by which something was made or altered. Out: steps after the undo map. Only what confirmed
//! credentials did since the theft is touched by the program; what they did before is for a person, and what
//! is not surely the thief's is counted. What was made last goes first within its wave; nothing is deleted without an
//! approval of its own, and what only a person can do is planned as such.

use std::collections::BTreeSet;

use keyline_lineage::{Forest, Node, Source};
use keyline_trail::partition::Partition;
use keyline_trail::time::format_time;
use serde_json::Value;

use crate::action::{
    Action, Draft, Execution, Place, Responder, is_global, is_taken_by_program, permissions_of,
};
use crate::compose::Composed;
use crate::control::Control;
use crate::guard::Guard;
use crate::limits::EARLIER_ADDRESS_S;
use crate::names::counted;
use crate::owner::{Owner, is_account};
use crate::plan::{Call, Phase, Reason, Refused};
use crate::request::{AlteringEvent, Request};
use crate::scope::{Scope, made_at};
use crate::survey::Survey;
use crate::undo_map::{FilledCall, How, Record, Row, Wave, find};

/// Steps of one wave; what a wave holds lies between its number and the next.
const WAVE_STEPS: u32 = 300_000_000;
/// Steps of one depth within a wave.
const DEPTH_STEPS: u32 = 100_000_000;

/// What can be deleted only when it is empty. Whether it is, a person sees.
const CONTAINERS: &[&str] = &[
    "DeleteBucket",
    "DeleteCluster",
    "DeleteGroup",
    "DeleteRole",
    "DeleteUser",
    "DeleteVpc",
];

/// The kind of steps that take back what the tree did.
pub(crate) const RESTORE: &str = "undo-what-was-done";

/// The action of all these steps: what it does stands in the undo map.
static ACTION: Action = Action {
    name: RESTORE,
    service: "",
    operation: "",
    requires: &[],
    phase: Phase::Resources,
    responder: Responder::ContainWorkload,
    execution: Execution::Program,
    applies_to: "what confirmed credentials of the tree made or altered",
    precheck: "what is written over is what the tree left there, or whoever confirms it has looked",
    verify: "it is read back as it was before the tree",
    undo: "what was written over is put back as it was found, where --force says so; what is deleted is gone",
};

/// Adds the steps that take back what the tree did.
pub fn resources(
    request: &Request<'_>,
    survey: &Survey<'_>,
    scope: &Scope,
    guard: &Guard<'_>,
    composed: &mut Composed,
) {
    let mut events: Vec<&AlteringEvent> = request
        .events
        .iter()
        .filter(|event| !event.failed && event.at <= request.as_of)
        .collect();
    // The youngest first. Where several copies of one event were given, one is enough.
    events.sort_by(|a, b| (b.at, &b.event_id, &a.account).cmp(&(a.at, &a.event_id, &b.account)));
    let mut seen = BTreeSet::new();
    let mut counted = Counted::default();
    for (place, event) in events.into_iter().enumerate() {
        if !seen.insert((&event.account, &event.event_id)) {
            continue;
        }
        let Some(row) = find(&event.source, &event.name) else {
            continue;
        };
        let Some(maker) = survey.forest.by_id(&event.credential) else {
            continue;
        };
        if !scope.members.contains(&maker) {
            continue;
        }
        let target = format!("{} ({}, {})", event.name, event.account, event.event_id);
        if !scope.confirmed.contains(&maker) {
            composed.refused.insert(Refused {
                target,
                why: format!(
                    "{} did it, and that this credential belongs to the tree is inferred, not certain",
                    name_of(survey.forest, &event.credential)
                ),
            });
            continue;
        }
        if let Some(why) = untouchable(event, scope, guard) {
            composed.refused.insert(Refused { target, why });
            continue;
        }
        take_back(event, row, place as u32, (request, survey), composed);
        counted.event(event, maker, request, survey);
    }
    counted.credentials(request, survey, scope);
    composed.notes.extend(counted.note(request));
}

/// What the tree made and changed, and how much of it is not surely the thief's.
#[derive(Default)]
struct Counted {
    changes: usize,
    before_theft: usize,
    before_alert: usize,
    from_earlier_address: usize,
    credentials_before_alert: usize,
    credentials_before_theft: usize,
}

impl Counted {
    fn event(
        &mut self,
        event: &AlteringEvent,
        maker: Node,
        request: &Request<'_>,
        survey: &Survey<'_>,
    ) {
        let maker = survey.forest.credential(maker);
        let known = |source: &Source| {
            source.address == event.address
                && source.first_used <= request.as_of - EARLIER_ADDRESS_S * 1_000_000
        };
        self.changes += 1;
        self.before_theft += usize::from(!request.is_of_theft(event.at));
        self.before_alert += usize::from(request.first_alert.is_some_and(|first| event.at < first));
        self.from_earlier_address += usize::from(maker.sources.iter().any(known));
    }

    fn credentials(&mut self, request: &Request<'_>, survey: &Survey<'_>, scope: &Scope) {
        let made_in_tree = |node: &&Node| {
            let above = survey.forest.parent(**node);
            above.is_some_and(|above| scope.members.contains(&above))
        };
        let before = |node: &&Node| {
            let made = made_at(&survey.forest.credential(**node));
            made.zip(request.first_alert)
                .is_some_and(|(at, first)| at < first)
        };
        let made = scope.members.iter().filter(made_in_tree);
        self.credentials_before_alert = made.filter(before).count();
        self.credentials_before_theft = scope.others.len();
    }

    /// What whoever approves should know about whose deeds these are.
    fn note(&self, request: &Request<'_>) -> Option<String> {
        if let Some(since) = request.stolen_since {
            return Some(format!(
                "stolen since {}: what was made or changed before is not the thief's. Such changes are steps by hand: \
                 {}. What was made before is left alone, with all below it: {}",
                format_time(since),
                self.before_theft,
                counted(self.credentials_before_theft, "credential")
            ));
        }
        let unsure = [
            (
                self.before_alert,
                "of the changes were made before the first alert",
            ),
            (
                self.credentials_before_alert,
                "of the credentials were made before the first alert",
            ),
            (
                self.from_earlier_address,
                "of the changes came from addresses that the credential used already a day ago",
            ),
        ];
        let unsure: Vec<String> = unsure
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, what)| format!("{count} {what}"))
            .collect();
        if self.changes == 0 && unsure.is_empty() {
            return None;
        }
        let told = match unsure.is_empty() {
            true => String::new(),
            false => format!("; not surely the thief's: {}", unsure.join(", ")),
        };
        Some(format!(
            "whatever the tree ever made or changed counts as the thief's ({}){told}; if you know since when it \
             was stolen, say so by --stolen-since",
            counted(self.changes, "change")
        ))
    }
}

/// Why what an event altered is not touched: it is in another account, or belongs to somebody protected.
fn untouchable(event: &AlteringEvent, scope: &Scope, guard: &Guard<'_>) -> Option<String> {
    if !is_account(&event.account) {
        return Some("its record names no account".to_owned());
    }
    if !guard.is_ours(&event.account) {
        let why = format!(
            "account {} is not among those in which may be acted",
            event.account
        );
        return Some(why);
    }
    let account = event.account.clone();
    let named = |field: &str| event.request[field].as_str().map(str::to_owned);
    let owner = match (named("userName"), named("roleName")) {
        (Some(name), _) => Owner::User { account, name },
        (None, Some(name)) => Owner::Role { account, name },
        (None, None) => return None,
    };
    let partition = Partition::of_region(&event.region).name();
    let guarded = guard.refuses(&owner, partition, "")?;
    let protected = match guarded.reason {
        Reason::Protected => true,
        // One that the tree made has no more than the name.
        Reason::ServiceLinkedRole => !scope.made.contains(&owner),
        _ => false,
    };
    protected.then_some(guarded.why)
}

fn take_back(
    event: &AlteringEvent,
    row: &Row,
    younger: u32,
    (request, survey): (&Request<'_>, &Survey<'_>),
    composed: &mut Composed,
) {
    let record = Record {
        request: &event.request,
        response: &event.response,
        before: event.before.as_ref(),
    };
    let calls = row.calls_for(&record);
    // The same calls with what the tree wrote: what stands there, unless somebody changed it since.
    let left = row.calls_for(&Record {
        before: Some(&event.request),
        ..record
    });
    let owner = Owner::Outside;
    let place = Place {
        account: &event.account,
        region: &event.region,
        on: &owner,
        credential: Some(&event.credential),
    };
    let mut before: Option<String> = None;
    for (number, call) in calls.into_iter().enumerate() {
        if is_a_later_plans(&call) {
            continue;
        }
        let mut draft = draft(&place, event, row, &call, survey);
        draft.leaves(left.get(number), &call);
        if row.how == How::Remove && event.before.is_some() {
            draft.needs_confirmation = true;
            draft.why.push_str(
                "; it was so before the tree did it, by an earlier event: somebody may need it",
            );
        }
        if let Some(since) = request.stolen_since.filter(|since| event.at < *since) {
            draft.by_hand = true;
            draft.needs_confirmation = true;
            draft.why.push_str(&format!(
                "; it was done at {}, before the theft ({}): take it back only if it is the thief's all the same",
                format_time(event.at),
                format_time(since)
            ));
        }
        // A policy is taken off before the user goes that it was put on.
        let wave = match row.wave {
            Wave::Restore if number == 0 && call.is_final => Wave::Identity,
            wave => wave,
        };
        draft.rank =
            wave as u32 * WAVE_STEPS + depth(&call) * DEPTH_STEPS + younger * 4 + number as u32;
        if let Some(key) = &before {
            draft.after.push(key.clone());
        }
        let key = format!("event:{}:{}:{number}", event.account, event.event_id);
        before = Some(key.clone());
        draft.key = Some(key);
        if !is_planned_already(&draft, composed) {
            // What no record says is looked up by whoever takes the step.
            for name in &call.missing {
                let shown = format!("THE-{}", name.to_uppercase().replace('_', "-"));
                draft
                    .params
                    .insert((*name).to_owned(), Value::String(shown));
            }
            composed.drafts.push(draft);
        }
    }
}

fn draft(
    place: &Place<'_>,
    event: &AlteringEvent,
    row: &Row,
    call: &FilledCall,
    survey: &Survey<'_>,
) -> Draft {
    let named = |id: &String| name_of(survey.forest, id);
    let mut why = format!(
        "takes back {} by {}, event {}",
        event.name,
        named(&event.credential),
        event.event_id
    );
    if !row.remark.is_empty() {
        why.push_str("; ");
        why.push_str(row.remark);
    }
    if !event.touched_later_by.is_empty() {
        why.push_str("; touched later by ");
        let later: Vec<String> = event.touched_later_by.iter().map(named).collect();
        why.push_str(&later.join(", "));
    }
    if !call.missing.is_empty() {
        why.push_str("; the record does not hold ");
        why.push_str(&call.missing.join(", "));
    }
    let mut draft = ACTION.draft(place, call.params.clone(), why);
    draft.service = call.service.to_owned();
    draft.operation = call.operation.to_owned();
    draft.requires = match permissions_of(call.service, call.operation) {
        Some(known) => known.iter().map(|name| (*name).to_owned()).collect(),
        None => vec![format!("{}:{}", row.source, call.operation)],
    };
    // What stands once in a partition is called in its home region, wherever the record was written.
    if is_global(call.service) {
        let partition = Partition::of_region(&event.region);
        draft.region = partition.home_region().to_owned();
    }
    draft.phase = match row.wave {
        Wave::Clock => Phase::Clocks,
        _ => Phase::Resources,
    };
    draft.needs_confirmation =
        call.is_final || call.is_unsure || !event.touched_later_by.is_empty();
    draft.by_hand = row.how == How::Hand
        || !row.seen
        || !call.missing.is_empty()
        || CONTAINERS.contains(&call.operation)
        || !is_taken_by_program(call.service, call.operation);
    draft
}

impl Draft {
    /// Notes what the tree left where a call writes an older state over it: the present is compared with that before
    /// the call, and it is what taking the step back leaves again. Where it is not known a person looks first.
    fn leaves(&mut self, left: Option<&FilledCall>, call: &FilledCall) {
        let known = left.filter(|left| {
            left.operation == call.operation
                && left.missing.is_empty()
                && left.params != call.params
                && !self.by_hand
        });
        self.undo = known.map(|left| Call::new(left.service, left.operation, left.params.clone()));
        self.needs_confirmation |= writes_over(call.operation) && self.undo.is_none();
    }
}

/// Whether a call writes an older state over the present one.
fn writes_over(operation: &str) -> bool {
    let verbs = ["Put", "Set", "Update"];
    verbs.iter().any(|verb| operation.starts_with(verb))
}

/// What people find in other tools: a credential's access key, else its session or user, else its id here.
fn name_of(forest: &Forest, id: &str) -> String {
    let Some(node) = forest.by_id(id) else {
        return id.to_owned();
    };
    let credential = forest.credential(node);
    let keys = credential.access_key_ids.iter();
    let keys = keys.chain(&credential.minted_key_id);
    let mut names = keys.chain([&credential.principal_arn]);
    let named = names.find(|name| !name.is_empty());
    named.map_or_else(|| id.to_owned(), String::clone)
}

/// What is taken away from something goes before it, whatever second it was added in.
fn depth(call: &FilledCall) -> u32 {
    match call.operation {
        operation if CONTAINERS.contains(&operation) => 2,
        _ if call.is_final => 1,
        _ => 0,
    }
}

/// A key is deleted by a later plan, when it has been inactive for a day.
fn is_a_later_plans(call: &FilledCall) -> bool {
    call.operation == "DeleteAccessKey"
}

/// Whether stopping the tree does it already: a key of the thief is switched off, a role that gets its
/// earlier trust back does not need a stranger shut out as well.
fn is_planned_already(draft: &Draft, composed: &Composed) -> bool {
    composed.drafts.iter().any(|known| {
        let same_call = known.account == draft.account
            && known.service == draft.service
            && known.operation == draft.operation;
        // A password that is deleted or set anew by its own step needs no look at it.
        let password = ["delete-password", "reset-password"].contains(&known.kind)
            && draft.operation == "GetLoginProfile"
            && known.account == draft.account
            && known.params.get("user_name") == draft.params.get("user_name");
        let stops = known
            .measures
            .iter()
            .any(|measure| measure.control != Control::TrustChanged);
        let same_thing = draft
            .params
            .iter()
            .all(|(name, value)| known.params.get(name) == Some(value) || *value == Value::Null);
        password || same_call && same_thing && (stops || known.kind == "remove-mfa-device")
    })
}
