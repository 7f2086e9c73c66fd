//! Walks over checked queries: what a query reads, and which events it can see at all.
//!
//! Pure: a checked query in, facts about it or a smaller query out.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use keyline_kql::checked::{CheckedQuery, Expr, ExprKind, NamedExpr, Op, Rel};
use keyline_kql::schema::Column;
use keyline_kql::span::Span;
use keyline_kql::types::Type;
pub(crate) use keyline_kql::walk::{children, exprs, inner_relations, inputs, relations};
use keyline_lake::{TABLE, TABLE_AWS, lineage};

/// The columns that an event table is clipped and told apart by.
pub const TIME: &str = "TimeGenerated";
pub const EVENT_ID: &str = "AwsEventId";

/// The tables that hold events.
pub const EVENT_TABLES: [&str; 3] = [TABLE, TABLE_AWS, lineage::TABLE_EVENTS];

/// The tables whose rows a hunt gathers for each use of its own.
pub const GATHERED_TABLES: [&str; 2] = [TABLE, TABLE_AWS];

/// The views that put what is known of credentials beside all events.
pub const VIEWS: [&str; 2] = [lineage::TABLE_EVENTS, lineage::TABLE_USE];

/// The tables that are made of events: a rule that reads any of them has something to look at.
pub const DATA_TABLES: [&str; 8] = [
    TABLE,
    TABLE_AWS,
    lineage::TABLE_EVENTS,
    lineage::TABLE_USE,
    lineage::TABLE_CREDENTIAL,
    lineage::TABLE_ALIAS,
    lineage::TABLE_EDGE,
    lineage::TABLE_CHANGE,
];

/// The aliases of the watchlists that the query reads, sorted.
pub fn watchlists(root: &Arc<Rel>) -> Vec<String> {
    let aliases: BTreeSet<String> = relations(root)
        .iter()
        .filter_map(|rel| match &rel.op {
            Op::Watchlist { alias } => Some(alias.clone()),
            _ => None,
        })
        .collect();
    aliases.into_iter().collect()
}

pub(crate) fn reads_events(root: &Arc<Rel>) -> bool {
    let is_events = |rel: &Arc<Rel>| match &rel.op {
        Op::Table { name } => DATA_TABLES.contains(&name.as_str()),
        _ => false,
    };
    relations(root).iter().any(is_events)
}

/// The text columns of the result that come from no aggregate.
pub fn plain_columns(root: &Arc<Rel>) -> Vec<String> {
    let aggregated = aggregated(root, 0);
    let is_plain = |c: &&Column| c.ty == Type::String && !aggregated.contains(&c.name);
    root.columns
        .iter()
        .filter(is_plain)
        .map(|c| c.name.clone())
        .collect()
}

/// The columns of a relation that come from aggregates.
fn aggregated(rel: &Rel, depth: usize) -> BTreeSet<String> {
    if depth > 1_000 {
        return BTreeSet::new();
    }
    let below = |input: &Rel| aggregated(input, depth + 1);
    match &rel.op {
        Op::Summarize { by, .. } => {
            let keys: BTreeSet<&str> = by.iter().map(|key| key.name.as_str()).collect();
            let names = rel.columns.iter().map(|c| &c.name);
            names
                .filter(|name| !keys.contains(name.as_str()))
                .cloned()
                .collect()
        }
        Op::MakeSeries(series) => {
            let keys: BTreeSet<&str> = series.by.iter().map(|key| key.name.as_str()).collect();
            let names = rel.columns.iter().map(|c| &c.name);
            names
                .filter(|name| !keys.contains(name.as_str()))
                .cloned()
                .collect()
        }
        Op::Project { input, exprs } => {
            let below = below(input);
            let comes_from = |e: &&NamedExpr| columns_of(&e.expr).any(|c| below.contains(c));
            exprs
                .iter()
                .filter(comes_from)
                .map(|e| e.name.clone())
                .collect()
        }
        Op::Join(join) => {
            let (left, right) = (below(&join.left), below(&join.right));
            let is_aggregated = |c: &&keyline_kql::checked::JoinColumn| match c.side {
                keyline_kql::checked::Side::Left => left.contains(&c.source),
                keyline_kql::checked::Side::Right => right.contains(&c.source),
            };
            join.output
                .iter()
                .filter(is_aggregated)
                .map(|c| c.name.clone())
                .collect()
        }
        _ => inputs(rel).iter().flat_map(|input| below(input)).collect(),
    }
}

/// For each use of one of the tables a query for the rows that it can see at any time, with some of their
/// columns: the filters that stand directly on the table, those about time left out.
pub fn visible(query: &CheckedQuery, tables: &[&str], columns: &[&str]) -> Vec<CheckedQuery> {
    let mut uses: Vec<(Arc<Rel>, Option<Vec<Expr>>)> = Vec::new();
    for (rel, filters) in leaves(&query.root, tables) {
        let mut conjuncts = Vec::new();
        for filter in filters {
            timeless_conjuncts(filter, &mut conjuncts);
        }
        let one = join_all("and", conjuncts);
        match uses.iter_mut().find(|(known, _)| Arc::ptr_eq(known, &rel)) {
            Some((_, alternatives)) => match (alternatives.as_mut(), one) {
                (Some(all), Some(one)) => all.push(one),
                _ => *alternatives = None,
            },
            None => uses.push((rel, one.map(|one| vec![one]))),
        }
    }
    uses.into_iter()
        .map(|(leaf, alternatives)| visible_to(leaf, alternatives, columns))
        .collect()
}

fn visible_to(leaf: Arc<Rel>, alternatives: Option<Vec<Expr>>, columns: &[&str]) -> CheckedQuery {
    let mut root = leaf.clone();
    if let Some(predicate) = alternatives.and_then(|all| join_all("or", all)) {
        root = Arc::new(Rel {
            op: Op::Filter {
                input: root,
                predicate,
            },
            columns: leaf.columns.clone(),
            serialized: false,
            span: Span::default(),
        });
    }
    let kept: Vec<Column> = columns
        .iter()
        .filter_map(|name| leaf.columns.iter().find(|c| c.name == *name).cloned())
        .collect();
    let exprs = kept.iter().map(|c| NamedExpr {
        name: c.name.clone(),
        expr: Expr {
            kind: ExprKind::Column(c.name.clone()),
            ty: c.ty,
            span: Span::default(),
        },
    });
    let op = Op::Project {
        input: root,
        exprs: exprs.collect(),
    };
    let root = Rel {
        op,
        columns: kept,
        serialized: false,
        span: Span::default(),
    };
    let name = match &leaf.op {
        Op::Table { name } => name.clone(),
        _ => String::new(),
    };
    CheckedQuery {
        root: Arc::new(root),
        tables: vec![name],
        external_uris: Vec::new(),
        render: None,
        ago_ticks: Vec::new(),
    }
}

/// What [`visible`] gives, of all events.
pub fn visible_without_filters(visible: &CheckedQuery) -> CheckedQuery {
    let mut all = visible.clone();
    if let Op::Project { input, exprs } = &visible.root.op
        && let Op::Filter { input, .. } = &input.op
    {
        let op = Op::Project {
            input: input.clone(),
            exprs: exprs.clone(),
        };
        all.root = Arc::new(Rel {
            op,
            ..visible.root.as_ref().clone()
        });
    }
    all
}

/// Every use of the tables with the filters that stand directly on it.
fn leaves(root: &Arc<Rel>, tables: &[&str]) -> Vec<(Arc<Rel>, Vec<Expr>)> {
    let mut met: HashSet<*const Rel> = HashSet::new();
    let mut found = Vec::new();
    let mut left: Vec<(Arc<Rel>, Vec<Expr>)> = vec![(root.clone(), Vec::new())];
    while let Some((rel, filters)) = left.pop() {
        match &rel.op {
            Op::Table { name } if tables.contains(&name.as_str()) => {
                found.push((rel, filters));
                continue;
            }
            Op::Filter { input, predicate } => {
                let mut inner = Vec::new();
                inner_relations(predicate, &mut inner);
                left.extend(inner.into_iter().map(|rel| (rel, Vec::new())));
                let mut filters = filters;
                filters.push(predicate.clone());
                left.push((input.clone(), filters));
                continue;
            }
            _ => {}
        }
        if !met.insert(Arc::as_ptr(&rel)) {
            continue;
        }
        left.extend(inputs(&rel).into_iter().map(|input| (input, Vec::new())));
        let mut inner = Vec::new();
        for expr in exprs(&rel) {
            inner_relations(expr, &mut inner);
        }
        left.extend(inner.into_iter().map(|rel| (rel, Vec::new())));
    }
    found
}

/// The parts of a conjunction that say the same at any time and look at one row only.
pub(crate) fn timeless_conjuncts(expr: Expr, conjuncts: &mut Vec<Expr>) {
    match expr.kind {
        ExprKind::Call {
            function: "and",
            args,
        } => {
            for arg in args {
                timeless_conjuncts(arg, conjuncts);
            }
        }
        _ if is_timeless(&expr) => conjuncts.push(expr),
        _ => {}
    }
}

pub(crate) fn is_timeless(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Literal(_) => true,
        ExprKind::Column(name) => name != TIME,
        ExprKind::Call { function, args } => {
            let asks_the_clock = ["now", "ago", "rand", "ingestion_time"].contains(function);
            !asks_the_clock && args.iter().all(is_timeless)
        }
        ExprKind::Member { base, .. } => is_timeless(base),
        ExprKind::Index { base, index } => is_timeless(base) && is_timeless(index),
        ExprKind::Window { .. } | ExprKind::ToScalar(_) | ExprKind::InRel { .. } => false,
    }
}

fn join_all(function: &'static str, mut exprs: Vec<Expr>) -> Option<Expr> {
    let mut joined = exprs.pop()?;
    while let Some(expr) = exprs.pop() {
        let span = expr.span;
        let kind = ExprKind::Call {
            function,
            args: vec![expr, joined],
        };
        joined = Expr {
            kind,
            ty: Type::Bool,
            span,
        };
    }
    Some(joined)
}

fn columns_of(expr: &Expr) -> Box<dyn Iterator<Item = &str> + '_> {
    match &expr.kind {
        ExprKind::Column(name) => Box::new(std::iter::once(name.as_str())),
        _ => Box::new(children(expr).into_iter().flat_map(columns_of)),
    }
}
