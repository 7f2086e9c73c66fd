//! What a rule watches: of which services and names the events are that it looks at, and which columns
//! it reads.
//!
//! Pure: a checked query in. Names are what its filters ask for in so many words; a place in the query
//! that asks for none looks at every event. How a filter is read is in `arms`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use keyline_engine::lower::Live;
use keyline_kql::checked::{CheckedQuery, Expr, JoinKind, Op, Rel};

use crate::arms::{Arm, arms, values};
use crate::limits::{USE_DEPTH_MAX, USE_PATHS_MAX};
use crate::relations::{VIEWS, relations};
use crate::support::is_data;
use crate::uses::{down, is_event_table, uses};

const NAME: &str = "EventName";

/// One place where a rule looks at events.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub table: String,
    /// The services whose events are looked at; any when empty.
    pub sources: BTreeSet<String>,
    /// The names of the events that are looked at; any when empty.
    pub names: BTreeSet<String>,
    /// The same one by one: events of any of these sorts are looked at.
    pub arms: Vec<Arm>,
}

impl Place {
    fn of(table: &str, conditions: &[Expr]) -> Place {
        let arms = arms(conditions);
        let all = |of: &dyn Fn(&Arm) -> BTreeSet<String>| {
            let lists: Vec<BTreeSet<String>> = arms.iter().map(of).collect();
            match lists.iter().any(BTreeSet::is_empty) {
                true => BTreeSet::new(),
                false => lists.into_iter().flatten().collect(),
            }
        };
        Place {
            table: table.to_owned(),
            sources: all(&|arm| arm.sources.clone().unwrap_or_default()),
            names: all(&Arm::written),
            arms,
        }
    }

    /// Whether any event is looked at.
    pub fn is_any(&self) -> bool {
        self.arms.iter().all(|arm| *arm == Arm::default())
    }

    /// Whether an event is looked at, as far as these facts tell.
    pub fn wants(&self, source: &str, name: &str, read_only: Option<bool>) -> bool {
        self.arms
            .iter()
            .any(|arm| arm.wants(source, name, read_only))
    }
}

/// How the rows of a rule come of the places where it looks. What is only looked up beside them, the left or
/// the right of an outer join for example, is no part of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Looks {
    At(Place),
    /// Rows are there only if each of these gives some.
    All(Vec<Looks>),
    /// Rows are there if any of these gives some.
    Any(Vec<Looks>),
    /// At no events, or in too many ways to follow.
    Nowhere,
}

pub fn looks(query: &CheckedQuery) -> Looks {
    match look(&query.root, Vec::new(), 0, &mut 0) {
        // Its rows are of credentials: what it looks up among the events is the only sign. What it reads of any
        // event, habits for example, is none.
        Looks::Nowhere => {
            let mut places = places(query);
            if places.iter().any(|place| !place.is_any()) {
                places.retain(|place| !place.is_any());
            }
            match places.is_empty() {
                true => Looks::Nowhere,
                false => Looks::Any(places.into_iter().map(Looks::At).collect()),
            }
        }
        looks => looks,
    }
}

fn look(rel: &Arc<Rel>, conditions: Vec<Expr>, depth: usize, paths: &mut usize) -> Looks {
    *paths += 1;
    if *paths > USE_PATHS_MAX || depth > USE_DEPTH_MAX {
        return Looks::Nowhere;
    }
    match table(rel) {
        Some(name) if is_event_table(rel) => return Looks::At(Place::of(name, &conditions)),
        Some(name) if VIEWS.contains(&name) => return Looks::At(Place::of(name, &[])),
        _ => {}
    }
    let mut inputs = Vec::new();
    down(rel, conditions, &mut |_| None, &mut inputs);
    if let Op::Join(join) = &rel.op {
        let (left, right) = match join.kind {
            JoinKind::LeftOuter | JoinKind::LeftAnti => (true, false),
            JoinKind::RightOuter | JoinKind::RightAnti => (false, true),
            JoinKind::Inner | JoinKind::InnerUnique | JoinKind::FullOuter => (true, true),
            JoinKind::LeftSemi | JoinKind::RightSemi => (true, true),
        };
        let mut needed = [left, right].into_iter();
        inputs.retain(|_| needed.next().unwrap_or(true));
    }
    let mut found: Vec<Looks> = inputs
        .into_iter()
        .map(|(input, conditions)| look(&input, conditions, depth + 1, paths))
        .filter(|looks| *looks != Looks::Nowhere)
        .collect();
    match (&rel.op, found.len()) {
        (_, 0) => Looks::Nowhere,
        (_, 1) => found.remove(0),
        (Op::Join(join), _) if join.kind != JoinKind::FullOuter => Looks::All(found),
        _ => Looks::Any(found),
    }
}

/// The places where a query looks at events, equal ones once.
pub fn places(query: &CheckedQuery) -> Vec<Place> {
    let mut found = BTreeSet::new();
    for one in uses(&query.root, &mut |_| None) {
        for conditions in &one.any_of {
            found.insert(Place::of(one.name(), conditions));
        }
    }
    for rel in relations(&query.root) {
        if let Some(name) = table(&rel).filter(|name| VIEWS.contains(name)) {
            found.insert(Place::of(name, &[]));
        }
    }
    found.into_iter().collect()
}

/// For each use of an event table, in the order of [`uses`], whether it looks at data events alone.
pub fn only_data_events(query: &CheckedQuery) -> Vec<bool> {
    let uses = uses(&query.root, &mut |_| None);
    let is_of_data = |conditions: &Vec<Expr>| {
        let names = values(conditions, NAME);
        !names.is_empty() && names.iter().all(|name| is_data(name))
    };
    let only = |any_of: &[Vec<Expr>]| !any_of.is_empty() && any_of.iter().all(is_of_data);
    uses.iter().map(|one| only(&one.any_of)).collect()
}

/// Whether a rule gives no rows where there are no data events.
pub fn needs_data_events(looks: &Looks) -> bool {
    match looks {
        Looks::Nowhere => false,
        Looks::At(place) => {
            let is_of_data = |arm: &Arm| {
                let names = arm.names.as_ref();
                names.is_some_and(|names| {
                    names.begin.is_empty() && names.whole.iter().all(|name| is_data(name))
                })
            };
            place.arms.iter().all(is_of_data)
        }
        Looks::All(list) => list.iter().any(needs_data_events),
        Looks::Any(list) => list.iter().all(needs_data_events),
    }
}

/// The columns that a query reads, by table.
pub fn columns(query: &CheckedQuery) -> BTreeMap<String, BTreeSet<String>> {
    let live = Live::of(&query.root);
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for rel in relations(&query.root) {
        if let Some(name) = table(&rel) {
            let read = rel.columns.iter().filter(|c| live.reads(&rel, &c.name));
            found
                .entry(name.to_owned())
                .or_default()
                .extend(read.map(|column| column.name.clone()));
        }
    }
    found
}

fn table(rel: &Arc<Rel>) -> Option<&str> {
    match &rel.op {
        Op::Table { name } => Some(name),
        _ => None,
    }
}
