//! How a query uses the events: each place where it reads an event table, and what it asks of the rows
//! there.
//!
//! Pure: a checked query in, facts about it out. The conditions are those that the query's filters put
//! on the rows of one use whatever the instant, brought down through the operators that keep rows apart.
//! They may say too little and never too much: a row that fails them changes nothing in the result.

use std::collections::HashMap;
use std::sync::Arc;

use keyline_kql::checked::{Expr, ExprKind, JoinKind, NamedExpr, Op, Rel, Side};
use keyline_kql::types::{Type, Value};

use crate::keys::side_columns;
use crate::limits::{USE_CONDITION_NODES_MAX, USE_PATHS_MAX};
use crate::relations::{
    GATHERED_TABLES, children, exprs, inner_relations, inputs, is_timeless, reads_events,
    relations, timeless_conjuncts,
};

/// One place where the query reads an event table.
#[derive(Debug)]
pub struct Use {
    pub table: Arc<Rel>,
    /// Rows must meet all conditions of one of the lists. A table that is read in one place may be
    /// used in several ways.
    pub any_of: Vec<Vec<Expr>>,
}

impl Use {
    /// The name of the table.
    pub fn name(&self) -> &str {
        match &self.table.op {
            Op::Table { name } => name,
            _ => "",
        }
    }
}

/// All uses, always in the same order. `list` gives the values of a list that does not come from events,
/// where it is short enough to look for them.
pub fn uses(root: &Arc<Rel>, list: &mut dyn FnMut(&Arc<Rel>) -> Option<Vec<String>>) -> Vec<Use> {
    let mut found: Vec<Use> = relations(root)
        .into_iter()
        .filter(is_event_table)
        .map(|table| Use {
            table,
            any_of: Vec::new(),
        })
        .collect();
    let places: HashMap<*const Rel, usize> = found
        .iter()
        .enumerate()
        .map(|(place, one)| (Arc::as_ptr(&one.table), place))
        .collect();
    let mut left: Vec<(Arc<Rel>, Vec<Expr>)> = vec![(root.clone(), Vec::new())];
    let mut paths = 0;
    while let Some((rel, conditions)) = left.pop() {
        paths += 1;
        if paths > USE_PATHS_MAX {
            // Too many ways through the query to follow them all.
            found
                .iter_mut()
                .for_each(|one| one.any_of = vec![Vec::new()]);
            return found;
        }
        if let Some(place) = places.get(&Arc::as_ptr(&rel)) {
            found[*place].any_of.push(conditions);
            continue;
        }
        for expr in exprs(&rel) {
            let mut inner = Vec::new();
            inner_relations(expr, &mut inner);
            left.extend(inner.into_iter().map(|rel| (rel, Vec::new())));
        }
        down(&rel, conditions, list, &mut left);
    }
    found
}

/// The conditions that the reader may be able to tell from a row.
pub fn simple(conditions: &[Expr]) -> Vec<Expr> {
    conditions
        .iter()
        .filter(|c| is_simple(c))
        .cloned()
        .collect()
}

fn is_simple(expr: &Expr) -> bool {
    let ExprKind::Call { function, args } = &expr.kind else {
        return false;
    };
    match *function {
        "and" | "or" | "not" => args.iter().all(is_simple),
        "==" | "!=" | "=~" | "in" | "in~" | "startswith" | "startswith_cs" | "endswith"
        | "endswith_cs" | "contains" | "contains_cs" | "has" | "has_cs" | "hasprefix"
        | "hasprefix_cs" | "hassuffix" | "hassuffix_cs" | "has_any" | "has_all" | "isempty"
        | "isnotempty" => args
            .iter()
            .all(|arg| matches!(arg.kind, ExprKind::Literal(_) | ExprKind::Column(_))),
        _ => false,
    }
}

pub(crate) fn is_event_table(rel: &Arc<Rel>) -> bool {
    matches!(&rel.op, Op::Table { name } if GATHERED_TABLES.contains(&name.as_str()))
}

/// The inputs of an operator, each with the conditions on its rows; of a join the left one first.
pub(crate) fn down(
    rel: &Arc<Rel>,
    mut conditions: Vec<Expr>,
    list: &mut dyn FnMut(&Arc<Rel>) -> Option<Vec<String>>,
    left: &mut Vec<(Arc<Rel>, Vec<Expr>)>,
) {
    match &rel.op {
        Op::Filter { input, predicate } => {
            listed_conjuncts(predicate, list, &mut conditions);
            timeless_conjuncts(predicate.clone(), &mut conditions);
            left.push((input.clone(), conditions));
        }
        // A window function sees its neighbours, so none of them may go.
        Op::Project { input, exprs } if exprs.iter().any(|e| has_window(&e.expr)) => {
            left.push((input.clone(), Vec::new()));
        }
        Op::Project { input, exprs } => {
            let by_name: HashMap<&str, &Expr> =
                exprs.iter().map(|e| (e.name.as_str(), &e.expr)).collect();
            let below = conditions.iter().filter_map(|c| replaced(c, &by_name));
            left.push((input.clone(), below.collect()));
        }
        Op::Sort { input, .. } | Op::Materialize { input } => {
            left.push((input.clone(), conditions));
        }
        Op::MvExpand(expand) => {
            let is_own = |name: &str| {
                expand.index.as_deref() == Some(name)
                    || expand.items.iter().any(|item| item.name == name)
            };
            conditions.retain(|c| !names(c).into_iter().any(is_own));
            left.push((expand.input.clone(), conditions));
        }
        Op::Join(join) => {
            // Of an innerunique's left rows with one key only the first counts, whatever is asked later.
            let (of_left, of_right) = match join.kind {
                JoinKind::Inner => (true, true),
                JoinKind::InnerUnique | JoinKind::RightOuter => (false, true),
                JoinKind::RightSemi | JoinKind::RightAnti => (false, true),
                JoinKind::LeftOuter | JoinKind::LeftSemi | JoinKind::LeftAnti => (true, false),
                JoinKind::FullOuter => (false, false),
            };
            for (input, wanted, side) in [
                (&join.left, of_left, Side::Left),
                (&join.right, of_right, Side::Right),
            ] {
                let mut below = Vec::new();
                if wanted {
                    let columns = side_columns(rel, side);
                    let by_name = columns.iter().map(|(name, e)| (name.as_str(), e)).collect();
                    below.extend(conditions.iter().filter_map(|c| replaced(c, &by_name)));
                }
                left.push((input.clone(), below));
            }
        }
        Op::Union { inputs } => {
            for input in inputs {
                let columns: Vec<NamedExpr> = rel
                    .columns
                    .iter()
                    .zip(&input.columns)
                    .map(|(outer, inner)| NamedExpr {
                        name: outer.name.clone(),
                        expr: Expr {
                            kind: ExprKind::Column(inner.name.clone()),
                            ty: inner.ty,
                            span: rel.span,
                        },
                    })
                    .collect();
                let by_name = columns.iter().map(|c| (c.name.as_str(), &c.expr)).collect();
                let below = conditions.iter().filter_map(|c| replaced(c, &by_name));
                left.push((input.clone(), below.collect()));
            }
        }
        _ => left.extend(inputs(rel).into_iter().map(|input| (input, Vec::new()))),
    }
}

/// `x in (list)` among the conditions of a filter, where the list has nothing to do with events.
fn listed_conjuncts(
    expr: &Expr,
    list: &mut dyn FnMut(&Arc<Rel>) -> Option<Vec<String>>,
    conditions: &mut Vec<Expr>,
) {
    match &expr.kind {
        ExprKind::Call {
            function: "and",
            args,
        } => {
            for arg in args {
                listed_conjuncts(arg, list, conditions);
            }
        }
        ExprKind::InRel {
            function: function @ ("in" | "in~"),
            needle,
            rel,
        } if needle.ty == Type::String
            && is_timeless(needle)
            && rel.columns.first().is_some_and(|c| c.ty == Type::String)
            && !reads_events(rel) =>
        {
            let Some(values) = list(rel).filter(|values| !values.is_empty()) else {
                return;
            };
            let literal = |value| Expr {
                kind: ExprKind::Literal(Value::String(value)),
                ty: Type::String,
                span: expr.span,
            };
            let needle = needle.as_ref().clone();
            let args = std::iter::once(needle).chain(values.into_iter().map(literal));
            let kind = ExprKind::Call {
                function,
                args: args.collect(),
            };
            conditions.push(Expr {
                kind,
                ty: Type::Bool,
                span: expr.span,
            });
        }
        _ => {}
    }
}

/// A condition in terms of the columns below a projection; `None` where that says too much to be of use.
pub(crate) fn replaced(condition: &Expr, by_name: &HashMap<&str, &Expr>) -> Option<Expr> {
    let mut nodes = 0;
    let replaced = replace(condition, by_name, &mut nodes)?;
    is_timeless(&replaced).then_some(replaced)
}

fn replace(expr: &Expr, by_name: &HashMap<&str, &Expr>, nodes: &mut usize) -> Option<Expr> {
    *nodes += 1;
    let with = |kind| {
        Some(Expr {
            kind,
            ty: expr.ty,
            span: expr.span,
        })
    };
    match &expr.kind {
        ExprKind::Literal(_) => Some(expr.clone()),
        ExprKind::Column(name) => {
            let below = *by_name.get(name.as_str())?;
            *nodes += size(below);
            (*nodes <= USE_CONDITION_NODES_MAX).then(|| below.clone())
        }
        ExprKind::Call { function, args } => {
            let args: Option<Vec<Expr>> = match args.iter().all(is_literal_or_column(by_name)) {
                // Long lists are not counted: they stay what they are.
                true => args
                    .iter()
                    .map(|arg| replace(arg, by_name, &mut 0))
                    .collect(),
                false => args
                    .iter()
                    .map(|arg| replace(arg, by_name, nodes))
                    .collect(),
            };
            with(ExprKind::Call {
                function,
                args: args?,
            })
        }
        ExprKind::Member { base, key } => with(ExprKind::Member {
            base: Box::new(replace(base, by_name, nodes)?),
            key: key.clone(),
        }),
        ExprKind::Index { base, index } => with(ExprKind::Index {
            base: Box::new(replace(base, by_name, nodes)?),
            index: Box::new(replace(index, by_name, nodes)?),
        }),
        ExprKind::Window { .. } | ExprKind::ToScalar(_) | ExprKind::InRel { .. } => None,
    }
}

/// Whether an argument stays a literal or a column when it is replaced.
fn is_literal_or_column<'a>(by_name: &'a HashMap<&str, &Expr>) -> impl Fn(&Expr) -> bool + use<'a> {
    |arg| match &arg.kind {
        ExprKind::Literal(_) => true,
        ExprKind::Column(name) => by_name
            .get(name.as_str())
            .is_some_and(|below| matches!(below.kind, ExprKind::Column(_) | ExprKind::Literal(_))),
        _ => false,
    }
}

pub(crate) fn has_window(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Window { .. }) || children(expr).into_iter().any(has_window)
}

fn size(expr: &Expr) -> usize {
    1 + children(expr).into_iter().map(size).sum::<usize>()
}

fn names(expr: &Expr) -> Vec<&str> {
    match &expr.kind {
        ExprKind::Column(name) => vec![name],
        _ => children(expr).into_iter().flat_map(names).collect(),
    }
}
