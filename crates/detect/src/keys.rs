//! Which events a join can meet at all.
//!
//! In: a checked query. Out: for uses of event tables that are joined with others, whose keys their own
//! must be among, whatever the instant. So a join of all events with a few (the events of the keys that
//! some service has handed out, say) begins with the events that have such a key. Pure: who has the events
//! reads the keys.

use std::collections::HashMap;
use std::sync::Arc;

use keyline_kql::checked::{Expr, ExprKind, JoinKind, Op, Rel, Side};
use keyline_kql::types::Type;

use crate::limits::USE_PATHS_MAX;
use crate::relations::{children, exprs, inner_relations, inputs};
use crate::uses::{has_window, is_event_table, replaced};

/// Rows of `table` count only where `key` has a value that `of` has in some row of `source`.
#[derive(Clone, Debug)]
pub struct Keys {
    pub table: Arc<Rel>,
    pub key: Expr,
    pub source: Arc<Rel>,
    pub of: Expr,
}

/// What is known of the keys of each use. A use that the query reads in more than one way has none.
pub fn keys(root: &Arc<Rel>) -> Vec<Keys> {
    let mut left: Vec<(Arc<Rel>, Vec<Known>)> = vec![(root.clone(), Vec::new())];
    let mut found: HashMap<*const Rel, Option<Vec<Keys>>> = HashMap::new();
    let mut order = Vec::new();
    let mut paths = 0;
    while let Some((rel, known)) = left.pop() {
        paths += 1;
        if paths > USE_PATHS_MAX {
            return Vec::new();
        }
        if is_event_table(&rel) {
            let of_table = known.into_iter().map(|known| Keys {
                table: rel.clone(),
                key: known.key,
                source: known.source,
                of: known.of,
            });
            match found.entry(Arc::as_ptr(&rel)) {
                std::collections::hash_map::Entry::Occupied(mut before) => {
                    before.insert(None);
                }
                std::collections::hash_map::Entry::Vacant(first) => {
                    order.push(Arc::as_ptr(&rel));
                    first.insert(Some(of_table.collect()));
                }
            }
            continue;
        }
        for expr in exprs(&rel) {
            let mut inner = Vec::new();
            inner_relations(expr, &mut inner);
            left.extend(inner.into_iter().map(|rel| (rel, Vec::new())));
        }
        down(&rel, known, &mut left);
    }
    let mut all = Vec::new();
    for table in order {
        all.extend(found.remove(&table).flatten().into_iter().flatten());
    }
    all
}

/// A key of a relation's rows and whose values it must be among.
#[derive(Clone)]
struct Known {
    key: Expr,
    source: Arc<Rel>,
    of: Expr,
}

fn down(rel: &Arc<Rel>, known: Vec<Known>, left: &mut Vec<(Arc<Rel>, Vec<Known>)>) {
    match &rel.op {
        Op::Filter { input, .. } | Op::Sort { input, .. } | Op::Materialize { input } => {
            left.push((input.clone(), known));
        }
        Op::Project { input, exprs } if !exprs.iter().any(|e| has_window(&e.expr)) => {
            let by_name = exprs.iter().map(|e| (e.name.as_str(), &e.expr)).collect();
            left.push((input.clone(), through(&known, &by_name)));
        }
        Op::Join(join) => {
            let (to_left, to_right) = match join.kind {
                JoinKind::Inner => (true, true),
                // The first of an innerunique's left rows is picked before anything above is asked.
                JoinKind::InnerUnique => (false, true),
                _ => (false, false),
            };
            let both = matches!(join.kind, JoinKind::Inner | JoinKind::InnerUnique);
            for (side, own, other, hands_down) in [
                (Side::Left, &join.left, &join.right, to_left),
                (Side::Right, &join.right, &join.left, to_right),
            ] {
                let mut below = Vec::new();
                if hands_down {
                    let columns = side_columns(rel, side);
                    let by_name = columns.iter().map(|(n, e)| (n.as_str(), e)).collect();
                    below = through(&known, &by_name);
                }
                if both {
                    for (l, r) in &join.on {
                        let (mine, theirs) = if side == Side::Left { (l, r) } else { (r, l) };
                        if mine.ty == Type::String
                            && theirs.ty == Type::String
                            && let Some((source, of)) = origin(other, theirs, 0)
                        {
                            let key = mine.clone();
                            below.push(Known { key, source, of });
                        }
                    }
                }
                left.push((own.clone(), below));
            }
        }
        _ => left.extend(inputs(rel).into_iter().map(|input| (input, Vec::new()))),
    }
}

fn through(known: &[Known], by_name: &HashMap<&str, &Expr>) -> Vec<Known> {
    let one = |known: &Known| {
        let key = replaced(&known.key, by_name)?;
        Some(Known {
            key,
            ..known.clone()
        })
    };
    known.iter().filter_map(one).collect()
}

/// The use of an event table from whose rows an expression comes, and as what: each value that it has in
/// some row above, this has in some row of the table.
fn origin(rel: &Arc<Rel>, expr: &Expr, depth: usize) -> Option<(Arc<Rel>, Expr)> {
    if depth > 1_000 {
        return None;
    }
    let below = |input: &Arc<Rel>, expr: &Expr| origin(input, expr, depth + 1);
    match &rel.op {
        Op::Table { .. } => is_event_table(rel).then(|| (rel.clone(), expr.clone())),
        Op::Filter { input, .. }
        | Op::Distinct { input }
        | Op::Sort { input, .. }
        | Op::Take { input, .. }
        | Op::Top { input, .. }
        | Op::Serialize { input }
        | Op::Materialize { input } => below(input, expr),
        Op::Project { input, exprs } => {
            let by_name = exprs.iter().map(|e| (e.name.as_str(), &e.expr)).collect();
            below(input, &replaced(expr, &by_name)?)
        }
        Op::Summarize { input, by, .. } => {
            let by_name = by.iter().map(|e| (e.name.as_str(), &e.expr)).collect();
            below(input, &replaced(expr, &by_name)?)
        }
        Op::Join(join) => {
            let sides: &[(Side, &Arc<Rel>)] = match join.kind {
                JoinKind::Inner | JoinKind::InnerUnique => {
                    &[(Side::Left, &join.left), (Side::Right, &join.right)]
                }
                JoinKind::LeftOuter | JoinKind::LeftSemi | JoinKind::LeftAnti => {
                    &[(Side::Left, &join.left)]
                }
                JoinKind::RightOuter | JoinKind::RightSemi | JoinKind::RightAnti => {
                    &[(Side::Right, &join.right)]
                }
                JoinKind::FullOuter => &[],
            };
            sides.iter().find_map(|(side, input)| {
                let columns = side_columns(rel, *side);
                let by_name = columns.iter().map(|(n, e)| (n.as_str(), e)).collect();
                below(input, &replaced(expr, &by_name)?)
            })
        }
        _ => None,
    }
}

/// The output columns of a join that come from one side, as columns of that side.
pub(crate) fn side_columns(rel: &Arc<Rel>, side: Side) -> Vec<(String, Expr)> {
    let Op::Join(join) = &rel.op else {
        return Vec::new();
    };
    let outputs = join.output.iter().zip(&rel.columns);
    outputs
        .filter(|(output, _)| output.side == side)
        .map(|(output, column)| {
            let kind = ExprKind::Column(output.source.clone());
            let (ty, span) = (column.ty, rel.span);
            (column.name.clone(), Expr { kind, ty, span })
        })
        .collect()
}

/// Whether an expression reads text columns only.
pub fn is_of_texts(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Column(_) => expr.ty == Type::String,
        _ => children(expr).into_iter().all(is_of_texts),
    }
}
