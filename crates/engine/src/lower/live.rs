//! Which columns of each tabular are read by what stands above it.
//!
//! The optimiser prunes columns itself, but it cannot look into an aggregate that returns whole rows
//! (`arg_max(x, *)`, the de-duplication of innerunique), so these are given only what is read.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use keyline_kql::checked::*;

#[derive(Debug, Default)]
pub struct Live {
    reads: HashMap<*const Rel, HashSet<String>>,
}

impl Live {
    pub fn of(root: &Arc<Rel>) -> Live {
        let mut live = Live::default();
        live.all(root);
        live
    }

    /// Whether anything reads this column of `rel`. What was never visited is read whole.
    pub fn reads(&self, rel: &Arc<Rel>, column: &str) -> bool {
        self.reads
            .get(&Arc::as_ptr(rel))
            .is_none_or(|names| names.contains(column))
    }

    fn all(&mut self, rel: &Arc<Rel>) {
        let names = rel.columns.iter().map(|c| c.name.clone()).collect();
        self.visit(rel, names);
    }

    /// `rel` is read at these columns; goes down only when some are new.
    fn visit(&mut self, rel: &Arc<Rel>, names: HashSet<String>) {
        let first = !self.reads.contains_key(&Arc::as_ptr(rel));
        let known = self.reads.entry(Arc::as_ptr(rel)).or_default();
        let before = known.len();
        known.extend(names);
        if !first && known.len() == before {
            return;
        }
        let read = known.clone();
        self.inputs(rel, read);
    }

    fn inputs(&mut self, rel: &Rel, mut read: HashSet<String>) {
        match &rel.op {
            Op::Table { .. }
            | Op::Watchlist { .. }
            | Op::DataTable { .. }
            | Op::ExternalData { .. }
            | Op::Context => {}
            Op::Print { exprs } => exprs.iter().for_each(|e| self.expr(&e.expr, &mut read)),
            Op::Range { from, to, step } => {
                [from, to, step]
                    .into_iter()
                    .for_each(|e| self.expr(e, &mut read));
            }
            Op::Filter { input, predicate } => {
                self.expr(predicate, &mut read);
                self.visit(input, read);
            }
            Op::Project { input, exprs } => {
                let mut below = HashSet::new();
                for named in exprs.iter().filter(|e| read.contains(&e.name)) {
                    self.expr(&named.expr, &mut below);
                }
                self.visit(input, below);
            }
            Op::Summarize {
                input,
                by,
                aggregates,
            } => {
                let mut below = HashSet::new();
                by.iter().for_each(|e| self.expr(&e.expr, &mut below));
                for aggregate in aggregates {
                    for (place, arg) in aggregate.args.iter().enumerate() {
                        let whole_row = aggregate.names.len() == aggregate.args.len();
                        let unread =
                            whole_row && place > 0 && !read.contains(&aggregate.names[place]);
                        if !unread {
                            self.expr(arg, &mut below);
                        }
                    }
                }
                self.visit(input, below);
            }
            Op::Sort { input, keys } => {
                keys.iter().for_each(|k| self.expr(&k.expr, &mut read));
                self.visit(input, read);
            }
            Op::Take { input, count } | Op::Sample { input, count } => {
                self.expr(count, &mut HashSet::new());
                self.visit(input, read);
            }
            Op::Top { input, count, keys } => {
                self.expr(count, &mut HashSet::new());
                keys.iter().for_each(|k| self.expr(&k.expr, &mut read));
                self.visit(input, read);
            }
            Op::Serialize { input } | Op::Materialize { input } => self.visit(input, read),
            Op::Join(join) => self.join(join, &read),
            Op::MvExpand(expand) => {
                expand
                    .items
                    .iter()
                    .for_each(|i| self.expr(&i.expr, &mut read));
                self.expanded(expand, read);
            }
            Op::Parse(parse) => {
                self.expr(&parse.expr, &mut read);
                self.visit(&parse.input, read);
            }
            Op::ParseKv(parse) => {
                self.expr(&parse.expr, &mut read);
                self.visit(&parse.input, read);
            }
            Op::Distinct { input } | Op::GetSchema { input } => self.all(input),
            Op::Union { inputs } => inputs.iter().for_each(|input| self.all(input)),
            Op::MvApply { expand, subquery } => {
                self.all(&expand.input);
                self.all(subquery);
                expand
                    .items
                    .iter()
                    .for_each(|i| self.expr(&i.expr, &mut read));
            }
            Op::SampleDistinct { input, .. } | Op::TopNested { input, .. } => self.all(input),
            Op::MakeSeries(series) => self.all(&series.input),
            Op::Scan(scan) => self.all(&scan.input),
            Op::Partition {
                input, subquery, ..
            } => {
                self.all(input);
                self.all(subquery);
            }
            Op::Graph(graph) => {
                self.all(&graph.edges);
                graph.nodes.iter().for_each(|(table, _)| self.all(table));
            }
            Op::GraphMatch(matched) => self.all(&matched.graph),
            Op::GraphToTable { graph, .. } => self.all(graph),
            Op::Evaluate { input, args, .. } => {
                input.iter().for_each(|input| self.all(input));
                for arg in args {
                    if let PluginArg::Rel(rel) = arg {
                        self.all(rel);
                    }
                }
            }
        }
    }

    fn expanded(&mut self, expand: &MvExpand, read: HashSet<String>) {
        let below = read
            .into_iter()
            .filter(|name| expand.input.columns.iter().any(|c| c.name == *name))
            .collect();
        self.visit(&expand.input, below);
    }

    fn join(&mut self, join: &Join, read: &HashSet<String>) {
        let (mut left, mut right) = (HashSet::new(), HashSet::new());
        for (l, r) in &join.on {
            self.expr(l, &mut left);
            self.expr(r, &mut right);
        }
        for output in join.output.iter().filter(|o| read.contains(&o.name)) {
            match output.side {
                Side::Left => left.insert(output.source.clone()),
                Side::Right => right.insert(output.source.clone()),
            };
        }
        self.visit(&join.left, left);
        self.visit(&join.right, right);
    }

    fn expr(&mut self, expr: &Expr, names: &mut HashSet<String>) {
        match &expr.kind {
            ExprKind::Literal(_) => {}
            ExprKind::Column(name) => {
                names.insert(name.clone());
            }
            ExprKind::Call { args, .. } | ExprKind::Window { args, .. } => {
                args.iter().for_each(|arg| self.expr(arg, names));
            }
            ExprKind::Member { base, .. } => self.expr(base, names),
            ExprKind::Index { base, index } => {
                self.expr(base, names);
                self.expr(index, names);
            }
            ExprKind::ToScalar(rel) => self.all(rel),
            ExprKind::InRel { needle, rel, .. } => {
                self.expr(needle, names);
                self.all(rel);
            }
        }
    }
}
