//! Which credentials belong to the tree that is to be stopped.
//!
//! In: a target and how far to reach. Out: the members, which of them are linked beyond doubt, which may be
//! made again, and which roles are juggled. Up it goes from a session to what it was made with, because
//! whoever holds a session's maker makes the next; down it goes everywhere, dormant siblings included,
//! because what was not used yet is what will be used tomorrow. Who came in by a door that the tree opened is
//! in as well, with what came of it. Where it is known when the target was stolen, what was made before is
//! left out: it is in other hands.

use std::collections::{BTreeMap, BTreeSet};

use keyline_lineage::{Certainty, Credential, Forest, Kind, Node};

use crate::doors::{Door, Doors, Machine, Sort, function_name, last_part};
use crate::error::{Error, ErrorKind};
use crate::limits::DOOR_ROUNDS_MAX;
use crate::names::named;
use crate::owner::Owner;
use crate::request::{AlteringEvent, Reach, Target};
use crate::survey::Survey;

/// How far up a chain a cycle of roles is looked for, in sessions. A longer cycle is revoked as any chain.
const JUGGLING_STEPS_MAX: usize = 64;

/// Machines or principals that one note names; more are counted.
const NAMED_MAX: usize = 5;

pub struct Scope {
    pub members: BTreeSet<Node>,
    /// Members that exact links connect with the target: what they made may be taken apart.
    pub confirmed: BTreeSet<Node>,
    /// Members that work, or that a working member above could have made again since.
    pub may_act: BTreeSet<Node>,
    /// Roles whose sessions make each other in a circle: revoking sessions one by one loses that race.
    pub juggled: BTreeSet<Owner>,
    pub notes: BTreeSet<String>,
    /// Machines of which no session is stopped, although the tree was on them or started them.
    pub may_run_on: BTreeSet<String>,
    /// Credentials of the tree that were made before the theft, and are left alone.
    pub others: BTreeSet<Node>,
    /// Members that no link leads to: they came in by a door that the tree opened.
    pub let_in: BTreeMap<Node, Door>,
    /// Machines and functions that the tree made or changed, by account and id.
    pub workloads: BTreeMap<(String, String), Machine>,
    /// Users and roles that the tree made.
    pub made: BTreeSet<Owner>,
    /// Instances that the tree was on, by account and id.
    entered: BTreeSet<(String, String)>,
}

/// The tree of a target; `events` are what was made and altered, by whomever.
pub fn scope(
    target: &Target,
    reach: Reach,
    stolen_since: Option<i64>,
    events: &[AlteringEvent],
    survey: &Survey<'_>,
) -> Result<Scope, Error> {
    let forest = survey.forest;
    let seeds = seeds(target, forest)?;
    let mut notes = BTreeSet::new();
    let mut tops = BTreeSet::new();
    let mut confirmed: BTreeSet<Node> = match target {
        Target::Pivot(_) => seeds.clone(),
        // An incident lists a whole tree: that something stands in it makes no link of it certain.
        Target::Incident { .. } => {
            let above = |node: &&Node| forest.parent(**node);
            let tops = seeds
                .iter()
                .filter(|node| above(node).is_none_or(|above| !seeds.contains(&above)));
            tops.copied().collect()
        }
    };
    // What was stolen, and what that was made with, belongs to the tree whenever it was made.
    let mut stolen = confirmed.clone();
    for seed in &seeds {
        let top = climb(*seed, reach, survey, &mut confirmed, &mut notes);
        if stolen.contains(seed) {
            let path = std::iter::successors(Some(*seed), |below| forest.parent(*below));
            stolen.extend(path.take_while(|above| *above != top));
            stolen.insert(top);
        }
        tops.insert(top);
        if reach == Reach::Below {
            tops.extend(dormant_siblings(*seed, survey, &mut notes));
        }
    }
    let is_others = |node: Node| {
        let made = made_at(&forest.credential(node));
        let before = made.zip(stolen_since).is_some_and(|(at, since)| at < since);
        before && !stolen.contains(&node)
    };
    let perhaps = possible_children(forest);
    let mut members = BTreeSet::new();
    let others = everything_below(&tops, is_others, &perhaps, forest, &mut members);
    confirm(&members, forest, &mut confirmed);
    notes.extend(several(target, &seeds, survey));
    let mut scope = Scope {
        members,
        confirmed,
        may_act: BTreeSet::new(),
        juggled: BTreeSet::new(),
        notes,
        may_run_on: BTreeSet::new(),
        others,
        let_in: BTreeMap::new(),
        workloads: BTreeMap::new(),
        made: BTreeSet::new(),
        entered: BTreeSet::new(),
    };
    scope.let_in(events, stolen_since, &perhaps, survey);
    scope.name_machines_unseen(survey);
    scope.name_who_opened(&seeds, events, survey);
    scope.may_act = able_to_act(&scope.members, survey);
    scope.juggled = juggled(&scope.members, survey);
    Ok(scope)
}

impl Scope {
    /// Takes in who came by doors that the tree opened; whoever came opens further ones.
    fn let_in(
        &mut self,
        events: &[AlteringEvent],
        stolen_since: Option<i64>,
        perhaps: &BTreeMap<Node, Vec<Node>>,
        survey: &Survey<'_>,
    ) {
        for _ in 0..DOOR_ROUNDS_MAX {
            let doors = Doors::of(
                events,
                |node| self.confirmed.contains(&node),
                stolen_since,
                survey,
            );
            self.workloads = doors.workloads();
            self.made = doors.made();
            self.entered = doors.entered().collect();
            let entrants = doors.entrants(&self.members, survey);
            if entrants.is_empty() {
                return;
            }
            for (node, door) in entrants {
                self.enter(node, &door, perhaps, survey);
                self.let_in.insert(node, door);
            }
            confirm(&self.members, survey.forest, &mut self.confirmed);
        }
        self.notes.insert(format!(
            "who came in by doors that others had opened who came in so was followed {DOOR_ROUNDS_MAX} times; \
             there may be more"
        ));
    }

    /// Machines that the tree made with a role, or was on, and of which no session belongs to it: what runs there has
    /// the role's credentials all the same.
    fn name_machines_unseen(&mut self, survey: &Survey<'_>) {
        let made = self.workloads.iter();
        // A function that the tree made is stopped, and its role's sessions with it.
        let made =
            made.filter(|(_, machine)| machine.made && machine.has_role && !machine.is_function);
        let made = made.map(|(place, machine)| (place.clone(), machine.what.clone()));
        let mut unseen: BTreeMap<(String, String), String> = made.collect();
        for place in &self.entered {
            let was = format!("was on the instance {}", place.1);
            unseen.entry(place.clone()).or_insert(was);
        }
        if unseen.is_empty() {
            return;
        }
        for node in &self.members {
            let credential = survey.forest.alone(*node);
            if let Some((_, id)) = survey.origin(*node, &credential) {
                let id = last_part(function_name(&id)).to_owned();
                unseen.remove(&(credential.account_id, id));
            }
        }
        self.may_run_on = unseen
            .keys()
            .map(|(account, id)| format!("{id} in {account}"))
            .collect();
        let named = unseen.iter().take(NAMED_MAX);
        let named: Vec<String> = named
            .map(|((account, _), what)| format!("{what} in {account}"))
            .collect();
        let more = match unseen.len() - named.len() {
            0 => String::new(),
            more => format!("; and {more} more"),
        };
        if !named.is_empty() {
            self.notes.insert(format!(
                "the tree {}{more}: if it has a role, the role's credentials can be taken there, and no step stops \
                 them; stop it, or plan for it by its id where the logs show it",
                named.join("; ")
            ));
        }
    }

    /// Who opened a door to the target, and is none of the tree: perhaps the first whose credential was stolen.
    fn name_who_opened(
        &mut self,
        seeds: &BTreeSet<Node>,
        events: &[AlteringEvent],
        survey: &Survey<'_>,
    ) {
        let others = |node: Node| !self.members.contains(&node);
        let doors = Doors::of(events, others, None, survey);
        let path = seeds.iter().flat_map(|seed| {
            let above = |below: &Node| survey.forest.parent(*below);
            std::iter::successors(Some(*seed), above)
        });
        let path: BTreeSet<Node> = path.filter(|node| self.members.contains(node)).collect();
        for node in path {
            let Some(door) = doors.door_of(node, &survey.forest.alone(node), survey) else {
                continue;
            };
            // Who makes roles, users and machines for others does so every day.
            let telling = match door.sort {
                Sort::Device | Sort::Provider => true,
                Sort::Role => door.event_name == "UpdateAssumeRolePolicy",
                Sort::User | Sort::Person | Sort::Workload | Sort::Certificate | Sort::Passed => {
                    false
                }
            };
            let Some(opener) = survey.forest.by_id(&door.by).filter(|_| telling) else {
                continue;
            };
            self.notes.insert(format!(
                "{} came in by what {} did, which is not part of this plan: it {} (event {}); if that is stolen \
                 too, plan for it: that plan takes in whoever came so",
                called(node, survey),
                called(opener, survey),
                door.what,
                door.event_id
            ));
        }
    }

    /// One that came in, with all below it, and with what else came by the same way.
    fn enter(
        &mut self,
        node: Node,
        door: &Door,
        perhaps: &BTreeMap<Node, Vec<Node>>,
        survey: &Survey<'_>,
    ) {
        let forest = survey.forest;
        if door.certainty == Certainty::Exact {
            self.confirmed.insert(node);
        }
        let nobodys = |_: Node| false;
        let tops = BTreeSet::from([node]);
        everything_below(&tops, nobodys, perhaps, forest, &mut self.members);
        let older = |below: Node| {
            let made = made_at(&forest.alone(below));
            made.is_some_and(|at| at < door.at)
        };
        let Some(maker) = forest.parent(node) else {
            return;
        };
        match door.sort {
            // Whoever signed in with the thief's device knows the password or the key as well: what that made
            // since is in the same hands, but for what was signed in with a device of its owner's.
            Sort::Device => {
                let device = forest.alone(node).mfa_serial;
                let owners = |below: Node| {
                    let other = forest.alone(below).mfa_serial;
                    older(below) || !other.is_empty() && other != device
                };
                let path = std::iter::successors(Some(maker), |below| forest.parent(*below));
                let path = path.take_while(|above| survey.owner(*above) == survey.owner(node));
                for above in path {
                    self.members.insert(above);
                    let below: BTreeSet<Node> = forest.children(above).iter().copied().collect();
                    everything_below(&below, owners, perhaps, forest, &mut self.members);
                }
            }
            Sort::Workload | Sort::Provider | Sort::Certificate => {
                let outside = matches!(
                    forest.kind(maker),
                    Kind::Workload | Kind::FederatedIdentity | Kind::Certificate
                );
                if outside && self.members.insert(maker) {
                    let below: BTreeSet<Node> = forest.children(maker).iter().copied().collect();
                    everything_below(&below, older, perhaps, forest, &mut self.members);
                }
            }
            // A stranger makes the next session as well, as long as the door is open.
            Sort::Role if forest.kind(maker) == Kind::External => {
                self.members.insert(maker);
            }
            Sort::Role | Sort::User | Sort::Person | Sort::Passed => {}
        }
    }
}

fn seeds(target: &Target, forest: &Forest) -> Result<BTreeSet<Node>, Error> {
    let unknown = |text: &str| {
        Error::new(
            ErrorKind::TargetUnknown,
            format!(
                "no credential of the lineage answers to `{}`; expected a credential's id, an access key id, \
                 an ARN, a principal id, or the name of a user or a session",
                text.escape_debug()
            ),
        )
    };
    match target {
        Target::Incident { id, credentials } => {
            // Whatever a service gave out to everybody is not one intrusion.
            let found: BTreeSet<Node> = credentials
                .iter()
                .filter_map(|id| forest.by_id(id))
                .filter(|node| forest.kind(*node) != Kind::Service)
                .collect();
            if found.is_empty() {
                return Err(unknown(id));
            }
            Ok(found)
        }
        Target::Pivot(text) => {
            let found: BTreeSet<Node> = forest.find(text).into_iter().collect();
            if found.is_empty() {
                return Err(unknown(text));
            }
            Ok(found)
        }
    }
}

/// The highest credential that whoever holds `seed` is taken to hold too.
fn climb(
    seed: Node,
    reach: Reach,
    survey: &Survey<'_>,
    confirmed: &mut BTreeSet<Node>,
    notes: &mut BTreeSet<String>,
) -> Node {
    let mut top = seed;
    let forest = survey.forest;
    while let Some(above) = forest.parent(top) {
        let credential = forest.credential(top);
        let maker = forest.credential(above);
        let Some(link) = credential.parent.as_ref() else {
            break;
        };
        if maker.kind == Kind::Service {
            break;
        }
        // A key that a user made for itself was made by whoever holds the user; one that somebody else made
        // says nothing against its maker.
        let for_itself = survey.owner(top) == survey.owner(above);
        let made_for_keeps = is_long_term(credential.kind) && !for_itself;
        if reach == Reach::Below || (reach == Reach::Tree && made_for_keeps) {
            notes.insert(format!(
                "{} was made by {}, which is not part of this plan; if that is stolen too, plan for it",
                called(top, survey),
                called(above, survey)
            ));
            break;
        }
        if link.certainty == Certainty::Ambiguous {
            notes.insert(format!(
                "several credentials may have made {}; the plan stops there: {}",
                called(top, survey),
                link.candidates
                    .iter()
                    .map(|candidate| match forest.by_id(&candidate.id) {
                        Some(node) => called(node, survey),
                        None => candidate.id.clone(),
                    })
                    .collect::<Vec<_>>()
                    .join("; ")
            ));
            break;
        }
        if link.certainty == Certainty::Exact && confirmed.contains(&top) {
            confirmed.insert(above);
        }
        top = above;
    }
    top
}

/// What the maker of a session made and nobody has used yet.
fn dormant_siblings(seed: Node, survey: &Survey<'_>, notes: &mut BTreeSet<String>) -> Vec<Node> {
    let forest = survey.forest;
    let Some(above) = forest.parent(seed) else {
        return Vec::new();
    };
    if matches!(forest.kind(above), Kind::Service | Kind::Workload) {
        return Vec::new();
    }
    let unused = |node: &Node| {
        let credential = forest.credential(*node);
        *node != seed && credential.kind.is_usable() && credential.event_count == 0
    };
    let found: Vec<Node> = forest
        .children(above)
        .iter()
        .copied()
        .filter(unused)
        .collect();
    for node in &found {
        notes.insert(format!(
            "{} is included: its maker made it beside the target and nobody has used it yet",
            called(*node, survey)
        ));
    }
    found
}

/// When a credential was made; at the latest when it was used first.
pub fn made_at(credential: &Credential) -> Option<i64> {
    credential.issued_at.or(credential.first_used)
}

/// What several credentials may have made, by each of those.
fn possible_children(forest: &Forest) -> BTreeMap<Node, Vec<Node>> {
    let mut perhaps: BTreeMap<Node, Vec<Node>> = BTreeMap::new();
    for node in forest.nodes() {
        let credential = forest.alone(node);
        for candidate in credential.parent.iter().flat_map(|link| &link.candidates) {
            if let Some(maker) = forest.by_id(&candidate.id) {
                perhaps.entry(maker).or_default().push(node);
            }
        }
    }
    perhaps
}

/// Adds the tops and all below them, also what only may come from there. Apart from them comes out what is
/// others'.
fn everything_below(
    tops: &BTreeSet<Node>,
    is_others: impl Fn(Node) -> bool,
    perhaps: &BTreeMap<Node, Vec<Node>>,
    forest: &Forest,
    members: &mut BTreeSet<Node>,
) -> BTreeSet<Node> {
    let mut others = BTreeSet::new();
    let mut waiting: Vec<Node> = tops.iter().copied().collect();
    while let Some(node) = waiting.pop() {
        if is_others(node) {
            others.insert(node);
        } else if members.insert(node) {
            waiting.extend(forest.children(node));
            waiting.extend(perhaps.get(&node).into_iter().flatten());
        }
    }
    others
}

/// Spreads certainty downwards: a child is confirmed by an exact link to a confirmed maker.
fn confirm(members: &BTreeSet<Node>, forest: &Forest, confirmed: &mut BTreeSet<Node>) {
    let mut waiting: Vec<Node> = confirmed.iter().copied().collect();
    while let Some(node) = waiting.pop() {
        for child in forest.children(node) {
            let exact = forest
                .credential(*child)
                .parent
                .is_some_and(|link| link.certainty == Certainty::Exact);
            if exact && members.contains(child) && confirmed.insert(*child) {
                waiting.push(*child);
            }
        }
    }
}

/// Members that are alive, and those below them: a maker that works could have made them again after the
/// last event that was read. What only comes from outside (a workload, another account) counts as alive.
fn able_to_act(members: &BTreeSet<Node>, survey: &Survey<'_>) -> BTreeSet<Node> {
    let mut able = BTreeSet::new();
    let mut waiting: Vec<Node> = members
        .iter()
        .copied()
        .filter(|node| survey.alive(*node))
        .collect();
    while let Some(node) = waiting.pop() {
        if able.insert(node) {
            let below = survey.forest.children(node).iter();
            waiting.extend(below.filter(|child| members.contains(child)));
        }
    }
    able
}

fn juggled(members: &BTreeSet<Node>, survey: &Survey<'_>) -> BTreeSet<Owner> {
    let forest = survey.forest;
    let is_role_session = |node: Node| forest.kind(node) == Kind::RoleSession;
    let mut found = BTreeSet::new();
    for node in members
        .iter()
        .copied()
        .filter(|node| is_role_session(*node))
    {
        let mut between = BTreeSet::from([survey.owner(node).clone()]);
        let mut above = forest.parent(node);
        for _ in 0..JUGGLING_STEPS_MAX {
            let Some(maker) = above.filter(|maker| members.contains(maker)) else {
                break;
            };
            if !is_role_session(maker) {
                break;
            }
            if survey.owner(maker) == survey.owner(node) {
                found.append(&mut between);
                break;
            }
            between.insert(survey.owner(maker).clone());
            above = forest.parent(maker);
        }
    }
    found
}

/// That a name means several principals, who may have nothing to do with each other.
fn several(target: &Target, seeds: &BTreeSet<Node>, survey: &Survey<'_>) -> Option<String> {
    let Target::Pivot(text) = target else {
        return None;
    };
    let owners = seeds.iter().map(|seed| survey.owner(*seed));
    let owners = owners.filter(|owner| !matches!(owner, Owner::Outside | Owner::Unknown));
    let owners: BTreeSet<&Owner> = owners.collect();
    let partition = seeds
        .first()
        .map(|seed| survey.forest.alone(*seed).partition);
    let shown = owners.iter().take(NAMED_MAX);
    let shown: Vec<String> = shown
        .map(|owner| owner.arn(partition.unwrap_or_default()))
        .collect();
    let more = match owners.len() - shown.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    (owners.len() > 1).then(|| {
        format!(
            "{text} is the name of several, and all of them are in the plan: {}{more}; if one is meant, plan for it by \
             its ARN or a key",
            shown.join(", ")
        )
    })
}

/// A credential for people.
fn called(node: Node, survey: &Survey<'_>) -> String {
    named(&survey.forest.credential(node), survey.owner(node)).what
}

fn is_long_term(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::AccessKey
            | Kind::Password
            | Kind::ServiceCredential
            | Kind::SshKey
            | Kind::Certificate
            | Kind::MfaDevice
    )
}
