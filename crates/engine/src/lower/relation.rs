//! A lowered tabular expression: a plan, the columns of it that KQL sees, and those it does not.
//!
//! Hidden columns carry what SQL has no place for: the order of rows, and keys under which many
//! evaluations share one plan. Their names begin with `__kl`. The optimiser drops those that nothing
//! uses, so carrying them costs nothing.

use std::sync::Arc;

use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{Column as PlanColumn, DFSchema};
use datafusion::logical_expr::expr::Sort;
use datafusion::logical_expr::{
    Aggregate, Expr, Filter, LogicalPlan, LogicalPlanBuilder, Projection,
};
use keyline_kql::schema::Column;
use keyline_kql::types::Type;

use crate::error::Result;

#[derive(Clone, Debug)]
pub struct Relation {
    pub plan: LogicalPlan,
    /// What KQL sees, as far as somebody above reads it.
    pub columns: Vec<Column>,
    /// The order of rows, by hidden columns: total for tables of literals, else as far as known.
    pub order: Vec<OrderKey>,
    /// The order is one that the query asked for, so the result keeps it.
    pub sorted: bool,
    /// Hidden keys that are part of every grouping, join and ranking: the id of the outer row
    /// inside `mv-apply`, the partition inside `partition`, the tick of a replay.
    pub carry: Vec<String>,
    /// In a replay: a relation that has not been expanded to its ticks yet.
    pub pending: Option<Pending>,
}

#[derive(Clone, Debug)]
pub struct OrderKey {
    /// A hidden column.
    pub name: String,
    pub descending: bool,
    pub nulls_first: bool,
}

/// Hidden columns with the first and the last tick at which a row is seen.
#[derive(Clone, Debug)]
pub struct Pending {
    pub first: String,
    pub last: String,
    /// `first` grows with the order of rows, as it does in a table of events.
    pub in_order: bool,
    /// How long the intervals are at most, as far as that is known: it decides how a join is made and
    /// nothing else.
    pub span: i64,
}

impl OrderKey {
    pub fn ascending(name: String) -> OrderKey {
        OrderKey {
            name,
            descending: false,
            nulls_first: true,
        }
    }

    pub fn sort(&self) -> Sort {
        Sort::new(column(&self.name), !self.descending, self.nulls_first)
    }
}

impl Relation {
    pub fn new(plan: LogicalPlan, columns: Vec<Column>) -> Relation {
        Relation {
            plan,
            columns,
            order: Vec::new(),
            sorted: false,
            carry: Vec::new(),
            pending: None,
        }
    }

    /// All hidden columns, each once.
    pub fn hidden(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        let pending = self.pending.iter().flat_map(|p| [&p.first, &p.last]);
        for name in self
            .order
            .iter()
            .map(|k| &k.name)
            .chain(&self.carry)
            .chain(pending)
        {
            if !names.contains(name) {
                names.push(name.clone());
            }
        }
        names
    }

    pub fn ty(&self, name: &str) -> Option<Type> {
        self.columns.iter().find(|c| c.name == name).map(|c| c.ty)
    }

    /// Replaces the visible columns; the hidden ones stay.
    pub fn project(&mut self, exprs: Vec<(Column, Expr)>) -> Result<()> {
        let hidden = self.hidden();
        let (columns, exprs): (Vec<Column>, Vec<Expr>) = exprs
            .into_iter()
            .map(|(c, e)| (c.clone(), named(e, &c.name)))
            .unzip();
        let exprs = exprs
            .into_iter()
            .chain(hidden.iter().map(|name| column(name)));
        self.plan = project(&self.plan, exprs)?;
        self.columns = columns;
        Ok(())
    }

    /// Adds hidden columns, which the caller then makes part of the order or of the carried keys.
    pub fn extend_hidden(&mut self, exprs: Vec<(String, Expr)>) -> Result<()> {
        if exprs.is_empty() {
            return Ok(());
        }
        let before = self.plan.schema().columns();
        let all = before
            .into_iter()
            .map(Expr::Column)
            .chain(exprs.into_iter().map(|(name, expr)| named(expr, &name)));
        self.plan = project(&self.plan, all)?;
        Ok(())
    }

    pub fn filter(&mut self, predicate: Expr) -> Result<()> {
        self.plan = filter(&self.plan, predicate)?;
        Ok(())
    }

    pub fn sort_exprs(&self) -> Vec<Sort> {
        self.order.iter().map(OrderKey::sort).collect()
    }

    pub fn carry_exprs(&self) -> Vec<Expr> {
        self.carry.iter().map(|name| column(name)).collect()
    }
}

/// The columns of a plan by other expressions over them, which name columns and no expressions of the plan.
///
/// The builder's own function looks through the whole plan for every column that an expression names, so that a long
/// query over wide tables spends most of its planning there.
pub fn project(plan: &LogicalPlan, exprs: impl IntoIterator<Item = Expr>) -> Result<LogicalPlan> {
    let exprs = qualified(exprs, plan.schema())?;
    let projection = Projection::try_new(exprs, Arc::new(plan.clone()))?;
    Ok(LogicalPlan::Projection(projection))
}

/// The rows of a plan for which a condition on its columns holds; for the same reason not by the builder.
pub fn filter(plan: &LogicalPlan, predicate: Expr) -> Result<LogicalPlan> {
    let mut predicate = qualified([predicate], plan.schema())?;
    let predicate = predicate.swap_remove(0);
    let filter = Filter::try_new(predicate, Arc::new(plan.clone()))?;
    Ok(LogicalPlan::Filter(filter))
}

/// The rows of a plan in groups; for the same reason not by the builder.
pub fn aggregate(
    plan: &LogicalPlan,
    groups: impl IntoIterator<Item = Expr>,
    aggregates: impl IntoIterator<Item = Expr>,
) -> Result<LogicalPlan> {
    let groups = qualified(groups, plan.schema())?;
    let aggregates = qualified(aggregates, plan.schema())?;
    let aggregate = Aggregate::try_new(Arc::new(plan.clone()), groups, aggregates)?;
    Ok(LogicalPlan::Aggregate(aggregate))
}

/// The expressions with the tables of the columns that they name.
fn qualified(exprs: impl IntoIterator<Item = Expr>, schema: &DFSchema) -> Result<Vec<Expr>> {
    let exprs = exprs.into_iter();
    if schema.iter().all(|(table, _)| table.is_none()) {
        return Ok(exprs.collect());
    }
    let qualified = exprs.map(|expr| {
        let expr = expr.transform(|node| match &node {
            Expr::Column(column) if column.relation.is_none() => {
                let found = schema.qualified_field_with_unqualified_name(&column.name)?;
                Ok(Transformed::yes(Expr::Column(PlanColumn::from(found))))
            }
            _ => Ok(Transformed::no(node)),
        })?;
        Ok(expr.data)
    });
    qualified.collect()
}

pub fn builder(plan: &LogicalPlan) -> LogicalPlanBuilder {
    LogicalPlanBuilder::new(plan.clone())
}

/// A column by its exact name: KQL names may hold dots, capitals and blanks.
pub fn column(name: &str) -> Expr {
    Expr::Column(PlanColumn::new_unqualified(name))
}

/// The expression under a name, without a needless alias.
pub fn named(expr: Expr, name: &str) -> Expr {
    match &expr {
        Expr::Column(c) if c.relation.is_none() && c.name == name => expr,
        _ => expr.alias(name),
    }
}
