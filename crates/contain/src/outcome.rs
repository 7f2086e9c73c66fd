//! What a plan does to the forest: whom it stops, whom it breaks, who lives on.
//!
//! In: ordered steps with their controls, and the survey. Out: the same steps with what they hit, and the
//! members that still work. A control counts only where the program lays it on.

use std::collections::{BTreeMap, BTreeSet};

use keyline_lineage::Node;

use crate::action::{Draft, stop_function};
use crate::compose::Composed;
use crate::control::{Control, Measure, is_assumed_root};
use crate::doors::{function_name, last_part};
use crate::limits::{BREAKS_LISTED_MAX, ROLE_SESSION_S_MAX, USER_SESSION_S_MAX};
use crate::owner::Owner;
use crate::plan::{Phase, Reason, Step, StillAlive};
use crate::scope::Scope;
use crate::survey::Survey;

pub struct Outcome {
    pub steps: Vec<Step>,
    pub still_alive: Vec<StillAlive>,
    pub zombies_until: Option<i64>,
}

/// Lays the steps' controls on the forest.
pub fn outcome(
    drafts: &[Draft],
    mut steps: Vec<Step>,
    survey: &Survey<'_>,
    scope: &Scope,
    composed: &Composed,
) -> Outcome {
    let mut stopped: BTreeSet<Node> = BTreeSet::new();
    let mut by_a_person: BTreeMap<Node, String> = BTreeMap::new();
    for (draft, step) in drafts.iter().zip(&mut steps) {
        step.cuts_off = draft
            .measures
            .iter()
            .flat_map(|measure| cut_off(measure, survey, scope))
            .collect();
        step.cuts_off.extend(stopped_function(draft, scope));
        step.cuts_off.sort();
        step.cuts_off.dedup();
        let mut broken: BTreeSet<Node> = BTreeSet::new();
        let mut stops: BTreeSet<Node> = BTreeSet::new();
        for measure in &draft.measures {
            for node in hit(measure, survey) {
                match scope.members.contains(&node) {
                    true => stops.insert(node),
                    false => broken.insert(node),
                };
            }
        }
        let id_of = |node: &Node| survey.forest.id(*node);
        step.stops = stops.iter().map(id_of).collect();
        step.stops.sort();
        step.breaks_count = broken.len();
        step.breaks = broken.iter().take(BREAKS_LISTED_MAX).map(id_of).collect();
        step.breaks.sort();
        let counts = !draft.by_hand && !draft.needs_confirmation;
        for node in stops {
            match counts {
                true => {
                    stopped.insert(node);
                }
                false => {
                    by_a_person.entry(node).or_insert_with(|| step.id.clone());
                }
            }
        }
    }
    let mut still_alive: Vec<StillAlive> = scope
        .members
        .iter()
        .filter(|node| survey.alive(**node) && !stopped.contains(node))
        .filter_map(|node| left_alive(*node, survey, composed, &by_a_person))
        .collect();
    still_alive.sort_by(|a, b| a.credential.cmp(&b.credential));
    Outcome {
        zombies_until: zombies_until(drafts, survey),
        steps,
        still_alive,
    }
}

/// A function that is stopped, unless the thief made it: whoever needs its work waits.
fn stopped_function(draft: &Draft, scope: &Scope) -> Option<String> {
    let name = draft.params.get("function_name")?.as_str()?;
    let known = scope
        .workloads
        .get(&(draft.account.clone(), name.to_owned()));
    let of_thief = known.is_some_and(|machine| machine.made);
    let stops = draft.kind == stop_function::ACTION.name && !of_thief;
    let account = &draft.account;
    stops.then(|| format!("function {name} in {account}, until it is let run again"))
}

/// Whom a control cuts off besides the thief, although no session of theirs stands for it: users and roles that are
/// denied altogether, and machines whose own session it is that was stolen.
fn cut_off(measure: &Measure, survey: &Survey<'_>, scope: &Scope) -> Vec<String> {
    if scope.made.contains(&measure.on) {
        return Vec::new();
    }
    match (&measure.on, measure.control) {
        (Owner::User { account, name }, Control::UserDenyAll | Control::OrgDenyUser) => {
            vec![format!("user {name} in {account}")]
        }
        (Owner::Role { account, name }, Control::RoleDenyAll) => {
            vec![format!("role {name} in {account}, whoever takes it")]
        }
        (Owner::Role { account, name }, Control::RoleDenySession | Control::RoleDenyOlder) => {
            let until = match measure.control {
                Control::RoleDenySession => "until this is taken back, or it gets another role",
                _ => "until it fetches a new session: at its restart, or by itself within hours",
            };
            let members = scope.may_act.iter().filter(|node| {
                *survey.owner(**node) == measure.on
                    && measure.stops(&survey.forest.credential(**node), &measure.on)
            });
            members
                .filter_map(|node| {
                    let (kind, id) = survey.origin(*node, &survey.forest.alone(*node))?;
                    let id = last_part(function_name(&id)).to_owned();
                    let known = scope.workloads.get(&(account.clone(), id.clone()));
                    let rightful = known.is_none_or(|machine| !machine.made);
                    let kind = kind.replace('-', " ");
                    rightful.then(|| format!("{kind} {id} of role {name} in {account}, {until}"))
                })
                .collect()
        }
        _ => Vec::new(),
    }
}

/// Living credentials that a control stops.
fn hit(measure: &Measure, survey: &Survey<'_>) -> Vec<Node> {
    let owned = survey.living(&measure.on).iter().copied();
    owned
        .filter(|node| measure.stops(&survey.forest.credential(*node), &measure.on))
        .collect()
}

fn left_alive(
    node: Node,
    survey: &Survey<'_>,
    composed: &Composed,
    by_a_person: &BTreeMap<Node, String>,
) -> Option<StillAlive> {
    let credential = survey.forest.credential(node);
    let owner = survey.owner(node);
    let (reason, why) = if let Some(way) = composed.open_ways.get(&node) {
        let reason = match credential.kind {
            keyline_lineage::Kind::External => Reason::ForeignAccount,
            _ => Reason::ByHand,
        };
        (reason, format!("{way}; a person has to shut it out"))
    } else if !credential.kind.is_usable() {
        return None;
    } else if let Some(guarded) = composed.guarded.get(owner) {
        (guarded.reason, guarded.why.clone())
    } else if let Some(step) = by_a_person.get(&node) {
        (
            Reason::ByHand,
            format!("step {step} stops it, and a person has to take or confirm that"),
        )
    } else {
        let why = match owner {
            Owner::Outside => "it comes from outside and nothing can be denied to it itself",
            Owner::Root { .. } if is_assumed_root(&credential) => {
                "a privileged task ends within fifteen minutes, and only a policy of the organisation reaches it \
                 before"
            }
            Owner::Root { .. } => {
                "nothing can be denied to a root without policies of an organisation"
            }
            _ => "no control of the plan reaches it",
        };
        (Reason::CannotBeDenied, why.to_owned())
    };
    Some(StillAlive {
        until: credential.expires_at,
        credential: credential.id,
        reason,
        why,
    })
}

/// Until when tokens that a denial holds down would wake up if it were lifted, counted from the plan's
/// instant: the longest that any of the owners' tokens can live. What the run adds is counted when it runs.
fn zombies_until(drafts: &[Draft], survey: &Survey<'_>) -> Option<i64> {
    let denied = drafts.iter().filter(|draft| {
        matches!(
            draft.phase,
            Phase::Deny | Phase::Revoke | Phase::OrganisationPolicy
        ) && !draft.measures.is_empty()
    });
    let lives = denied.flat_map(|draft| &draft.measures).map(|measure| {
        let longest = match measure.on {
            Owner::User { .. } | Owner::Root { .. } => USER_SESSION_S_MAX,
            _ => ROLE_SESSION_S_MAX,
        };
        survey.as_of + longest * 1_000_000
    });
    lives.max()
}
