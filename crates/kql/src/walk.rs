//! Walks over checked queries: the inputs and expressions of each operator, and all relations at once.
//!
//! Pure: a checked query in, its parts out. What they mean is for whoever walks.

use std::collections::HashSet;
use std::sync::Arc;

use crate::checked::{Expr, ExprKind, NamedExpr, Op, PluginArg, Rel};

/// Every relation of the query, each once, those inside expressions among them.
pub fn relations(root: &Arc<Rel>) -> Vec<Arc<Rel>> {
    let mut met: HashSet<*const Rel> = HashSet::new();
    let mut found = Vec::new();
    let mut left = vec![root.clone()];
    while let Some(rel) = left.pop() {
        if !met.insert(Arc::as_ptr(&rel)) {
            continue;
        }
        left.extend(inputs(&rel));
        for expr in exprs(&rel) {
            inner_relations(expr, &mut left);
        }
        found.push(rel);
    }
    found
}

/// The direct parts of an expression, relations not counted.
pub fn children(expr: &Expr) -> Vec<&Expr> {
    match &expr.kind {
        ExprKind::Literal(_) | ExprKind::Column(_) | ExprKind::ToScalar(_) => Vec::new(),
        ExprKind::Call { args, .. } | ExprKind::Window { args, .. } => args.iter().collect(),
        ExprKind::Member { base, .. } => vec![base],
        ExprKind::Index { base, index } => vec![base, index],
        ExprKind::InRel { needle, .. } => vec![needle],
    }
}

/// Adds the relations that stand in an expression.
pub fn inner_relations(expr: &Expr, found: &mut Vec<Arc<Rel>>) {
    match &expr.kind {
        ExprKind::ToScalar(rel) | ExprKind::InRel { rel, .. } => found.push(rel.clone()),
        _ => {}
    }
    for child in children(expr) {
        inner_relations(child, found);
    }
}

/// What an operator works on.
pub fn inputs(rel: &Rel) -> Vec<Arc<Rel>> {
    match &rel.op {
        Op::Table { .. }
        | Op::Watchlist { .. }
        | Op::DataTable { .. }
        | Op::ExternalData { .. }
        | Op::Print { .. }
        | Op::Range { .. }
        | Op::Context => Vec::new(),
        Op::Filter { input, .. }
        | Op::Project { input, .. }
        | Op::Distinct { input }
        | Op::Summarize { input, .. }
        | Op::Sort { input, .. }
        | Op::Take { input, .. }
        | Op::Top { input, .. }
        | Op::Sample { input, .. }
        | Op::SampleDistinct { input, .. }
        | Op::Serialize { input }
        | Op::TopNested { input, .. }
        | Op::Materialize { input }
        | Op::GetSchema { input } => vec![input.clone()],
        Op::Join(join) => vec![join.left.clone(), join.right.clone()],
        Op::Union { inputs } => inputs.clone(),
        Op::MvExpand(expand) => vec![expand.input.clone()],
        Op::MvApply { expand, subquery } => vec![expand.input.clone(), subquery.clone()],
        Op::Parse(parse) => vec![parse.input.clone()],
        Op::ParseKv(parse) => vec![parse.input.clone()],
        Op::MakeSeries(series) => vec![series.input.clone()],
        Op::Scan(scan) => vec![scan.input.clone()],
        Op::Partition {
            input, subquery, ..
        } => vec![input.clone(), subquery.clone()],
        Op::Evaluate { input, args, .. } => {
            let relations = args.iter().filter_map(|arg| match arg {
                PluginArg::Rel(rel) => Some(rel.clone()),
                PluginArg::Expr(_) => None,
            });
            input.iter().cloned().chain(relations).collect()
        }
        Op::Graph(graph) => {
            let tables = graph.nodes.iter().map(|(table, _)| table);
            std::iter::once(&graph.edges)
                .chain(tables)
                .cloned()
                .collect()
        }
        Op::GraphMatch(found) => vec![found.graph.clone()],
        Op::GraphToTable { graph, .. } => vec![graph.clone()],
    }
}

/// The expressions of an operator in which a relation may stand.
pub fn exprs(rel: &Rel) -> Vec<&Expr> {
    fn named(exprs: &[NamedExpr]) -> impl Iterator<Item = &Expr> {
        exprs.iter().map(|e| &e.expr)
    }
    match &rel.op {
        Op::Print { exprs } | Op::Project { exprs, .. } => named(exprs).collect(),
        Op::Range { from, to, step } => vec![from, to, step],
        Op::Filter { predicate, .. } => vec![predicate],
        Op::Summarize { by, aggregates, .. } => named(by)
            .chain(aggregates.iter().flat_map(|a| &a.args))
            .collect(),
        Op::Sort { keys, .. } => keys.iter().map(|key| &key.expr).collect(),
        Op::Take { count, .. } | Op::Sample { count, .. } => vec![count],
        Op::Top { count, keys, .. } => std::iter::once(count)
            .chain(keys.iter().map(|key| &key.expr))
            .collect(),
        Op::SampleDistinct { count, of, .. } => vec![count, &of.expr],
        Op::Join(join) => join.on.iter().flat_map(|(l, r)| [l, r]).collect(),
        Op::MvExpand(expand) | Op::MvApply { expand, .. } => {
            expand.items.iter().map(|item| &item.expr).collect()
        }
        Op::Parse(parse) => vec![&parse.expr],
        Op::ParseKv(parse) => vec![&parse.expr],
        Op::MakeSeries(series) => {
            let aggregates = series.aggregates.iter().flat_map(|a| &a.args);
            let bounds = series.from.iter().chain(&series.to);
            let all = aggregates
                .chain(bounds)
                .chain([&series.on.expr, &series.step]);
            all.chain(named(&series.by)).collect()
        }
        Op::TopNested { levels, .. } => levels
            .iter()
            .flat_map(|level| {
                let aggregates = level.aggregates.iter().flat_map(|found| &found.args);
                level.count.iter().chain([&level.of.expr]).chain(aggregates)
            })
            .collect(),
        Op::Scan(scan) => scan
            .steps
            .iter()
            .flat_map(|step| std::iter::once(&step.condition).chain(named(&step.assignments)))
            .collect(),
        Op::Evaluate { args, .. } => args
            .iter()
            .filter_map(|arg| match arg {
                PluginArg::Expr(expr) => Some(expr),
                PluginArg::Rel(_) => None,
            })
            .collect(),
        Op::GraphMatch(found) => found
            .predicate
            .iter()
            .chain(named(&found.output))
            .chain(found.lists.iter().map(|list| &list.expr))
            .collect(),
        _ => Vec::new(),
    }
}
