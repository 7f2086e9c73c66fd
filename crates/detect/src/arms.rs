//! The filters of one place as sorts of events: of which service, by which name, read or write.
//!
//! Pure: checked conditions in. `or` gives several sorts, `and` narrows them. What cannot be read as one
//! narrows nothing, so that a sort says too little and never too much.

use std::collections::BTreeSet;

use keyline_kql::checked::{Expr, ExprKind};
use keyline_kql::types::Value;

use crate::limits::ARMS_PER_PLACE_MAX;

const SOURCE: &str = "EventSource";
const NAME: &str = "EventName";
const READ_ONLY: &str = "ReadOnly";

/// One sort of events; what is `None` may be anything.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Arm {
    pub sources: Option<BTreeSet<String>>,
    pub names: Option<Names>,
    pub read_only: Option<bool>,
}

/// Names of events: whole ones, and beginnings.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Names {
    pub whole: BTreeSet<String>,
    pub begin: BTreeSet<String>,
}

impl Names {
    pub fn hold(&self, name: &str) -> bool {
        self.whole.iter().any(|one| one.eq_ignore_ascii_case(name)) || self.holds_beginning(name)
    }

    fn holds_beginning(&self, name: &str) -> bool {
        self.begin.iter().any(|one| begins(name, one))
    }

    fn and(&self, other: &Names) -> Names {
        let mut both = Names::default();
        for (one, another) in [(self, other), (other, self)] {
            let whole = one.whole.iter().filter(|name| another.hold(name));
            both.whole.extend(whole.cloned());
            let begin = one
                .begin
                .iter()
                .filter(|name| another.holds_beginning(name));
            both.begin.extend(begin.cloned());
        }
        both
    }

    fn or(mut self, other: Names) -> Names {
        self.whole.extend(other.whole);
        self.begin.extend(other.begin);
        self
    }
}

fn begins(text: &str, start: &str) -> bool {
    let head = text.get(..start.len());
    head.is_some_and(|head| head.eq_ignore_ascii_case(start))
}

impl Arm {
    pub fn wants(&self, source: &str, name: &str, read_only: Option<bool>) -> bool {
        let sources = self.sources.as_ref();
        sources.is_none_or(|list| list.iter().any(|one| one.eq_ignore_ascii_case(source)))
            && self.names.as_ref().is_none_or(|names| names.hold(name))
            && (self.read_only.is_none() || read_only.is_none() || self.read_only == read_only)
    }

    /// The names as people write them, beginnings with a `*`.
    pub fn written(&self) -> BTreeSet<String> {
        let Some(names) = &self.names else {
            return BTreeSet::new();
        };
        let begin = names.begin.iter().map(|start| format!("{start}*"));
        names.whole.iter().cloned().chain(begin).collect()
    }

    /// Both; `None` where no event is of both sorts.
    fn and(&self, other: &Arm) -> Option<Arm> {
        let sources = match (&self.sources, &other.sources) {
            (Some(a), Some(b)) => {
                let is_in = |one: &&String| b.iter().any(|two| two.eq_ignore_ascii_case(one));
                Some(a.iter().filter(is_in).cloned().collect::<BTreeSet<_>>())
            }
            (a, b) => a.clone().or_else(|| b.clone()),
        };
        let names = match (&self.names, &other.names) {
            (Some(a), Some(b)) => Some(a.and(b)),
            (a, b) => a.clone().or_else(|| b.clone()),
        };
        let read_only = match (self.read_only, other.read_only) {
            (Some(a), Some(b)) if a != b => return None,
            (a, b) => a.or(b),
        };
        let is_empty = sources.as_ref().is_some_and(BTreeSet::is_empty)
            || names
                .as_ref()
                .is_some_and(|names| *names == Names::default());
        (!is_empty).then_some(Arm {
            sources,
            names,
            read_only,
        })
    }
}

/// The sorts of events that meet all conditions: at least one.
pub(crate) fn arms(conditions: &[Expr]) -> Vec<Arm> {
    let lists = conditions.iter().filter_map(of);
    let all = lists.fold(vec![Arm::default()], |all, list| both(&all, &list));
    match all.is_empty() {
        true => vec![Arm::default()],
        false => all,
    }
}

/// Where there are too many the first stay as they are, which says less.
fn both(all: &[Arm], list: &[Arm]) -> Vec<Arm> {
    if all.len() * list.len() > ARMS_PER_PLACE_MAX {
        return all.to_vec();
    }
    let pairs = all
        .iter()
        .flat_map(|a| list.iter().filter_map(move |b| a.and(b)));
    let found: BTreeSet<Arm> = pairs.collect();
    found.into_iter().collect()
}

/// The sorts that one condition leaves; `None` where it does not say.
fn of(expr: &Expr) -> Option<Vec<Arm>> {
    if is_column(expr, READ_ONLY) {
        return Some(vec![read_only(true)]);
    }
    let ExprKind::Call { function, args } = &expr.kind else {
        return None;
    };
    match (*function, args.as_slice()) {
        ("and", args) => args
            .iter()
            .filter_map(of)
            .reduce(|all, list| both(&all, &list)),
        ("or", args) => {
            let lists: Option<Vec<Vec<Arm>>> = args.iter().map(of).collect();
            let all: BTreeSet<Arm> = lists?.into_iter().flatten().collect();
            (all.len() <= ARMS_PER_PLACE_MAX).then(|| all.into_iter().collect())
        }
        ("not", [one]) if is_column(one, READ_ONLY) => Some(vec![read_only(false)]),
        ("==" | "!=", [a, b]) if is_column(a, READ_ONLY) || is_column(b, READ_ONLY) => {
            let truth = truth(a).or_else(|| truth(b))?;
            Some(vec![read_only(truth == (*function == "=="))])
        }
        ("==" | "=~", [a, b]) => match literals(b) {
            Some(list) => named(a, list),
            None => named(b, literals(a)?),
        },
        ("in" | "in~", [a, list @ ..]) => {
            let lists: Option<Vec<_>> = list.iter().map(literals).collect();
            named(a, lists?.into_iter().flatten().collect())
        }
        ("startswith" | "startswith_cs", [a, b]) if is_column(a, NAME) => {
            Some(vec![beginning(literals(b)?)])
        }
        ("matches regex", [a, b]) if is_column(a, NAME) => {
            let pattern = literals(b)?.pop_first()?;
            Some(vec![beginning(beginnings(&pattern)?)])
        }
        _ => None,
    }
}

/// An expression that has one of these values.
fn named(expr: &Expr, list: BTreeSet<String>) -> Option<Vec<Arm>> {
    if is_column(expr, SOURCE) {
        let sources = Some(list);
        return Some(vec![Arm {
            sources,
            ..Arm::default()
        }]);
    }
    Some(vec![Arm {
        names: Some(names(expr, &list)?),
        ..Arm::default()
    }])
}

/// Which names of events make an expression one of these values: the name itself, its first letters where
/// they are taken out of it, or one of the two, as the case may be.
fn names(expr: &Expr, list: &BTreeSet<String>) -> Option<Names> {
    if is_column(expr, NAME) {
        return Some(Names {
            whole: list.clone(),
            begin: BTreeSet::new(),
        });
    }
    let ExprKind::Call { function, args } = &expr.kind else {
        return None;
    };
    match (*function, args.as_slice()) {
        ("iff" | "iif", [_, a, b]) => Some(names(a, list)?.or(names(b, list)?)),
        ("extract", [pattern, _, of, ..]) if is_column(of, NAME) => {
            let pattern = literals(pattern)?.pop_first()?;
            let whole = BTreeSet::new();
            pattern.starts_with("^(").then(|| Names {
                whole,
                begin: list.clone(),
            })
        }
        _ => None,
    }
}

fn read_only(is: bool) -> Arm {
    Arm {
        read_only: Some(is),
        ..Arm::default()
    }
}

fn beginning(begin: BTreeSet<String>) -> Arm {
    let whole = BTreeSet::new();
    Arm {
        names: Some(Names { whole, begin }),
        ..Arm::default()
    }
}

/// `^(Get|List)` and `^Get` list beginnings.
fn beginnings(pattern: &str) -> Option<BTreeSet<String>> {
    let rest = pattern.strip_prefix('^')?;
    let list = match rest.strip_prefix('(') {
        Some(rest) => rest.split_once(')')?.0,
        None => rest,
    };
    let is_plain = |one: &str| !one.is_empty() && one.chars().all(|c| c.is_ascii_alphanumeric());
    let list: Vec<&str> = list.split('|').collect();
    list.iter()
        .all(|one| is_plain(one))
        .then(|| list.into_iter().map(str::to_owned).collect())
}

fn is_column(expr: &Expr, column: &str) -> bool {
    matches!(&expr.kind, ExprKind::Column(name) if name == column)
}

fn truth(expr: &Expr) -> Option<bool> {
    match &expr.kind {
        ExprKind::Literal(Value::Bool(truth)) => Some(*truth),
        _ => None,
    }
}

/// The values that a column can have where all conditions hold; empty where they do not say.
pub(crate) fn values(conditions: &[Expr], column: &str) -> BTreeSet<String> {
    let lists = conditions.iter().filter_map(|c| allowed(c, column));
    let shared = lists.reduce(|a, b| a.intersection(&b).cloned().collect());
    shared.unwrap_or_default()
}

/// The values that one condition leaves to a column, if it lists them.
fn allowed(expr: &Expr, column: &str) -> Option<BTreeSet<String>> {
    let ExprKind::Call { function, args } = &expr.kind else {
        return None;
    };
    match (*function, args.as_slice()) {
        ("and", args) => {
            let lists = args.iter().filter_map(|arg| allowed(arg, column));
            lists.reduce(|a, b| a.intersection(&b).cloned().collect())
        }
        ("or", args) => {
            let lists: Option<Vec<_>> = args.iter().map(|arg| allowed(arg, column)).collect();
            Some(lists?.into_iter().flatten().collect())
        }
        ("==" | "=~", [a, b]) if is_column(a, column) => literals(b),
        ("==" | "=~", [a, b]) if is_column(b, column) => literals(a),
        ("in" | "in~", [a, list @ ..]) if is_column(a, column) => {
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
