//! A checked query becomes a DataFusion plan of stock nodes and functions found by name.
//!
//! In: the checked query and the evaluation's instant and window. Out: a plan whose columns are
//! those of the query. Operators whose result depends on the rows in ways that no stock node can
//! say end a stage: they run here, under a named limit, and what they yield is read from memory.

mod alike;
mod expr;
pub mod literal;
mod live;
mod operators;
mod predicate;
pub mod relation;
mod shared;
mod window;

use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::RecordBatch;
use datafusion::catalog::TableProvider;
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, lit};
use datafusion::optimizer::simplify_expressions::{ExprSimplifier, SimplifyContext};
use keyline_kql::checked::{self, CheckedQuery, Op, Rel};
use keyline_kql::schema::Column;
use keyline_kql::types::Value;

use crate::catalog::Catalog;
use crate::error::{Error, ErrorKind, Result};
use crate::evaluation::{Evaluation, Ticks};
use crate::externaldata::References;
use crate::functions::LowerContext;
use crate::limits::OPERATOR_DEPTH_MAX;
use crate::rows::batches_to_rows;

use alike::Alike;
pub use live::Live;
pub use relation::Relation;

use relation::column;
use shared::Shared;

/// What lowering needs of the engine: where tables and references are, and a way to run a stage.
pub trait Host: Sync {
    fn catalog(&self) -> &Catalog;
    fn references(&self) -> &dyn References;
    /// What this use of a table reads in place of the catalogue's table.
    fn use_of(&self, rel: &Arc<Rel>) -> Option<Arc<dyn TableProvider>>;
    fn run(&self, plan: LogicalPlan) -> Result<Vec<RecordBatch>>;
    /// The rows of a plan that is used several times, for as long as the plan that reads them.
    fn keep(&self, plan: LogicalPlan) -> Result<Kept>;
}

/// What became of rows that were to be kept.
pub enum Kept {
    /// They are not: too many, or nobody wants it.
    Not,
    /// There are none.
    Nothing,
    Rows(Arc<dyn TableProvider>),
}

/// When the query is evaluated.
#[derive(Clone, Copy, Debug)]
pub enum When {
    Once(Evaluation),
    /// At many ticks in one plan; the result has the column [`TICK`].
    Ticks(Ticks),
}

/// The output column of a replay: the tick at which a row is part of the result.
pub const TICK: &str = "__tick";

pub fn lower(query: &CheckedQuery, when: When, host: &dyn Host) -> Result<LogicalPlan> {
    let mut lowerer = Lowerer::new(when, host, Live::of(&query.root));
    lowerer.shared = Shared::of(&query.root);
    lowerer.alike = Alike::of(&query.root);
    let mut relation = lowerer.rel(&query.root)?;
    let mut output: Vec<Expr> = query.root.columns.iter().map(|c| column(&c.name)).collect();
    if let When::Ticks(_) = when {
        lowerer.expand(&mut relation)?;
        let tick = relation.carry.first().ok_or_else(|| {
            Error::not_vectorisable("a query whose result does not depend on time")
        })?;
        output.insert(0, column(tick).alias(TICK));
    }
    let mut plan = relation::builder(&relation.plan);
    if relation.sorted {
        plan = plan.sort(relation.sort_exprs())?;
    }
    Ok(plan.project(output)?.build()?)
}

/// Conditions over the columns of a table as filters that must all hold, any list of them being
/// enough.
pub fn filters(
    table: &Arc<Rel>,
    any_of: &[Vec<checked::Expr>],
    host: &dyn Host,
) -> Result<Vec<Expr>> {
    let mut lowerer = Lowerer::new(When::Once(Evaluation::at(0)), host, Live::of(table));
    let mut relation = lowerer.rel(table)?;
    let schema = relation.plan.schema().clone();
    let context = SimplifyContext::builder().with_schema(schema).build();
    let simplifier = ExprSimplifier::new(context);
    let mut alternatives = Vec::new();
    for conditions in any_of {
        let mut conjuncts = Vec::new();
        for condition in conditions {
            let lowered = lowerer.predicate(&mut relation, condition)?;
            conjuncts.push(simplifier.simplify(lowered)?);
        }
        match datafusion::logical_expr::utils::conjunction(conjuncts) {
            Some(alternative) => alternatives.push(alternative),
            // Nothing is asked of the rows.
            None => return Ok(Vec::new()),
        }
    }
    Ok(alternatives
        .into_iter()
        .reduce(Expr::or)
        .into_iter()
        .collect())
}

/// The stored rows that a use of a table can see, less those in which a text is none of the values.
pub fn restricted(
    table: &Arc<Rel>,
    text: &checked::Expr,
    values: Vec<String>,
    host: &dyn Host,
) -> Result<LogicalPlan> {
    let Op::Table { name } = &table.op else {
        return Err(Error::new(
            ErrorKind::Invalid,
            "only a table can be restricted",
        ));
    };
    let provider = host.use_of(table);
    let provider = provider.or_else(|| host.catalog().get(name).map(|t| t.provider.clone()));
    let provider = provider
        .ok_or_else(|| Error::new(ErrorKind::Invalid, format!("there is no table `{name}`")))?;
    let mut lowerer = Lowerer::new(When::Once(Evaluation::at(0)), host, Live::of(table));
    let mut relation = lowerer.rel(table)?;
    // Text is stored as it is computed with.
    let text = lowerer.expr(&mut relation, text)?;
    let values = values
        .into_iter()
        .map(|value| literal::literal(&Value::String(value)));
    let schema = provider.schema();
    let is_read = |name: &str| {
        operators::EVENT_ORDER.contains(&name) || table.columns.iter().any(|c| c.name == name)
    };
    let places = 0..schema.fields().len();
    let projection = places
        .filter(|at| is_read(schema.field(*at).name()))
        .collect();
    let source = datafusion::datasource::provider_as_source(provider);
    let reference = datafusion::common::TableReference::bare(name.as_str());
    let plan = LogicalPlanBuilder::scan(reference, source, Some(projection))?;
    Ok(plan
        .filter(text.in_list(values.collect(), false))?
        .build()?)
}

pub(crate) struct Lowerer<'a> {
    when: When,
    host: &'a dyn Host,
    live: Live,
    shared: Shared,
    alike: Alike,
    lowered: HashMap<*const Rel, Relation>,
    /// What [`Op::Context`] stands for, innermost last.
    contexts: Vec<Relation>,
    hidden_names: usize,
    depth: usize,
}

impl<'a> Lowerer<'a> {
    fn new(when: When, host: &'a dyn Host, live: Live) -> Lowerer<'a> {
        Lowerer {
            when,
            host,
            live,
            shared: Shared::default(),
            alike: Alike::default(),
            lowered: HashMap::new(),
            contexts: Vec::new(),
            hidden_names: 0,
            depth: 0,
        }
    }

    /// A fresh name for a hidden column.
    fn hidden(&mut self, hint: &str) -> String {
        self.hidden_names += 1;
        format!("__kl{}_{hint}", self.hidden_names)
    }

    /// Lowers a tabular expression. The same `Arc` gives the same relation.
    fn rel(&mut self, rel: &Arc<Rel>) -> Result<Relation> {
        if let Some(relation) = self.lowered.get(&Arc::as_ptr(rel)) {
            return Ok(relation.clone());
        }
        if self.depth >= OPERATOR_DEPTH_MAX {
            return Err(Error::new(
                ErrorKind::Limit,
                format!("the query nests more than {OPERATOR_DEPTH_MAX} operators"),
            )
            .at(rel.span));
        }
        self.depth += 1;
        let relation = self.operator(rel).map_err(|e| e.at(rel.span));
        self.depth -= 1;
        let relation = self.once(rel, relation?)?;
        if self.contexts.is_empty() {
            self.lowered.insert(Arc::as_ptr(rel), relation.clone());
        }
        Ok(relation)
    }

    fn operator(&mut self, rel: &Arc<Rel>) -> Result<Relation> {
        match &rel.op {
            Op::Table { name } => self.table(name, rel),
            Op::Watchlist { alias } => self.watchlist(alias, rel),
            Op::DataTable { rows } => self.datatable(rows, &rel.columns),
            Op::ExternalData { uris, properties } => self.externaldata(uris, properties, rel),
            Op::Print { exprs } => self.print(exprs, rel),
            Op::Range { from, to, step } => self.range(from, to, step, rel),
            Op::Context => self.contexts.last().cloned().ok_or_else(|| {
                Error::new(
                    ErrorKind::Invalid,
                    "a subquery stands where there is no outer row",
                )
            }),
            Op::Filter { input, predicate } => self.filter(input, predicate),
            Op::Project { input, exprs } => self.project(input, exprs, rel),
            Op::Distinct { input } => self.distinct(input),
            Op::Summarize {
                input,
                by,
                aggregates,
            } => self.summarize(input, by, aggregates, rel),
            Op::Sort { input, keys } => self.sort(input, keys),
            Op::Take { input, count } | Op::Sample { input, count } => self.take(input, count),
            Op::Top { input, count, keys } => self.top(input, count, keys),
            Op::SampleDistinct { input, count, of } => self.sample_distinct(input, count, of, rel),
            Op::Serialize { input } => {
                let mut relation = self.rel(input)?;
                relation.sorted = true;
                Ok(relation)
            }
            Op::Join(join) => self.join(join, rel),
            Op::Union { inputs } => self.union(inputs, rel),
            Op::MvExpand(expand) => self.mv_expand(expand, rel),
            Op::MvApply { expand, subquery } => self.mv_apply(expand, subquery, rel),
            Op::Parse(parse) => self.parse(parse, rel),
            Op::ParseKv(parse) => self.parse_kv(parse, rel),
            Op::MakeSeries(series) => self.make_series(series, rel),
            Op::TopNested { input, levels } => self.top_nested(input, levels, rel),
            Op::Scan(scan) => self.scan(scan, rel),
            Op::Partition {
                input,
                by,
                context,
                subquery,
            } => self.partition(input, by, *context, subquery, rel),
            Op::Graph(_) => Err(Error::new(
                ErrorKind::Invalid,
                "a graph is no table: end with `graph-match` or `graph-to-table`",
            )),
            Op::GraphMatch(matched) => self.graph_match(rel, matched),
            Op::GraphToTable { graph, part, ids } => self.graph_to_table(rel, graph, *part, ids),
            Op::Evaluate {
                input,
                plugin,
                args,
            } => self.evaluate_plugin(input.as_ref(), plugin, args, rel),
            Op::Materialize { input } => {
                let relation = self.rel(input)?;
                self.kept(relation)
            }
            Op::GetSchema { input } => self.getschema(input, rel),
        }
    }

    /// The columns of a tabular that somebody above reads, in order.
    fn live_columns(&self, rel: &Arc<Rel>) -> Vec<Column> {
        rel.columns
            .iter()
            .filter(|c| self.live.reads(rel, &c.name))
            .cloned()
            .collect()
    }

    pub(crate) fn context(&self, relation: &Relation) -> LowerContext {
        let now = match self.when {
            When::Once(evaluation) => lit(evaluation.now_ticks),
            When::Ticks(_) => match relation.carry.first() {
                Some(tick) => column(tick),
                None => lit(0_i64),
            },
        };
        LowerContext { now }
    }

    /// The rows of a relation, now: for what ends a stage.
    fn rows(&mut self, relation: &Relation, limit: usize) -> Result<Vec<Vec<Value>>> {
        self.refuse_ticks(relation, "an operator that runs outside the plan")?;
        let columns = relation
            .columns
            .iter()
            .map(|c| column(&c.name))
            .collect::<Vec<_>>();
        let mut plan = relation::builder(&relation.plan);
        if !relation.order.is_empty() {
            plan = plan.sort(relation.sort_exprs())?;
        }
        let plan = plan.project(columns)?.limit(0, Some(limit + 1))?.build()?;
        let rows = batches_to_rows(&self.host.run(plan)?, &relation.columns)?;
        if rows.len() > limit {
            return Err(Error::new(
                ErrorKind::Limit,
                format!("an operator that holds its rows in memory got more than {limit} of them"),
            ));
        }
        Ok(rows)
    }

    /// The value of an expression that no row changes.
    fn constant(&mut self, expr: &checked::Expr) -> Result<Value> {
        if let checked::ExprKind::Literal(value) = &expr.kind {
            return Ok(value.clone());
        }
        let mut relation = operators::one_row();
        let lowered = self.expr(&mut relation, expr)?;
        let value = Column::new("value", expr.ty);
        relation.project(vec![(value, lowered)])?;
        let rows = self.rows(&relation, 1)?;
        rows.into_iter()
            .next()
            .and_then(|row| row.into_iter().next())
            .ok_or_else(|| Error::new(ErrorKind::Invalid, "a constant was expected").at(expr.span))
    }

    /// A constant that counts rows.
    fn count(&mut self, expr: &checked::Expr) -> Result<usize> {
        match self.constant(expr)? {
            Value::Int(n) => Ok(usize::try_from(n).unwrap_or(0)),
            Value::Long(n) => Ok(usize::try_from(n).unwrap_or(0)),
            Value::Real(n) if n >= 0.0 => Ok(n as usize),
            other => Err(Error::new(
                ErrorKind::Invalid,
                format!(
                    "a number of rows was expected, found a value of type {}",
                    other.ty()
                ),
            )
            .at(expr.span)),
        }
    }
}
