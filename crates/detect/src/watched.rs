//! What a rule watches: of which services and names the events are that it looks at, and which columns
//! it reads.
//!
//! Pure: a checked query in. Names are what its filters ask for in so many words; a place in the query
//! that asks for none looks at every event.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use keyline_engine::lower::Live;
use keyline_kql::checked::{CheckedQuery, Expr, ExprKind, Op, Rel};
use keyline_kql::types::Value;

use crate::relations::{VIEWS, relations};
use crate::support::is_data;
use crate::uses::uses;

const SOURCE: &str = "EventSource";
const NAME: &str = "EventName";

/// One place where a rule looks at events.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub table: String,
    /// The services whose events are looked at; any when empty.
    pub sources: BTreeSet<String>,
    /// The names of the events that are looked at; any when empty.
    pub names: BTreeSet<String>,
}

impl Place {
    /// Whether it says neither of which services nor by which names the events are.
    pub fn is_any(&self) -> bool {
        self.sources.is_empty() && self.names.is_empty()
    }

    pub fn wants(&self, source: &str, name: &str) -> bool {
        let is_in = |list: &BTreeSet<String>, text: &str| {
            list.is_empty() || list.iter().any(|one| one.eq_ignore_ascii_case(text))
        };
        is_in(&self.sources, source) && is_in(&self.names, name)
    }
}

/// The places where a query looks at events, equal ones once.
pub fn places(query: &CheckedQuery) -> Vec<Place> {
    let mut found = BTreeSet::new();
    for one in uses(&query.root, &mut |_| None) {
        for conditions in &one.any_of {
            found.insert(Place {
                table: one.name().to_owned(),
                sources: values(conditions, SOURCE),
                names: values(conditions, NAME),
            });
        }
    }
    for rel in relations(&query.root) {
        if let Some(name) = table(&rel).filter(|name| VIEWS.contains(name)) {
            found.insert(Place {
                table: name.to_owned(),
                ..Place::default()
            });
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

/// The values that a column can have where all conditions hold; empty where they do not say.
fn values(conditions: &[Expr], column: &str) -> BTreeSet<String> {
    let lists = conditions.iter().filter_map(|c| allowed(c, column));
    let shared = lists.reduce(|a, b| a.intersection(&b).cloned().collect());
    shared.unwrap_or_default()
}

/// The values that one condition leaves to a column, if it lists them.
fn allowed(expr: &Expr, column: &str) -> Option<BTreeSet<String>> {
    let ExprKind::Call { function, args } = &expr.kind else {
        return None;
    };
    let is_column = |expr: &Expr| matches!(&expr.kind, ExprKind::Column(name) if name == column);
    match (*function, args.as_slice()) {
        ("and", args) => {
            let lists = args.iter().filter_map(|arg| allowed(arg, column));
            lists.reduce(|a, b| a.intersection(&b).cloned().collect())
        }
        ("or", args) => {
            let lists: Option<Vec<_>> = args.iter().map(|arg| allowed(arg, column)).collect();
            Some(lists?.into_iter().flatten().collect())
        }
        ("==" | "=~", [a, b]) if is_column(a) => literals(b),
        ("==" | "=~", [a, b]) if is_column(b) => literals(a),
        ("in" | "in~", [a, list @ ..]) if is_column(a) => {
            let lists: Option<Vec<_>> = list.iter().map(literals).collect();
            Some(lists?.into_iter().flatten().collect())
        }
        _ => None,
    }
}

/// The texts of a literal, or of a literal list.
fn literals(expr: &Expr) -> Option<BTreeSet<String>> {
    match &expr.kind {
        ExprKind::Literal(Value::String(text)) => Some(BTreeSet::from([text.clone()])),
        ExprKind::Literal(Value::Dynamic(json)) => serde_json::from_str(json).ok(),
        _ => None,
    }
}
