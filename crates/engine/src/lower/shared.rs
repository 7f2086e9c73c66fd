//! What a query uses more than once is run once.
//!
//! In: a checked query, and a relation that several of its operators read. Out: the same relation over
//! rows that are kept in memory, or as it was where these would be too many. A `let` that is named three
//! times would otherwise be planned and run three times, as plans are trees. That a part has no rows at all
//! is known before the rest is planned, which then shrinks.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use datafusion::datasource::provider_as_source;
use datafusion::logical_expr::{EmptyRelation, Expr, LogicalPlan, LogicalPlanBuilder};
use keyline_kql::checked::{Op, Rel};
use keyline_kql::walk;

use super::relation::{Relation, column, project};
use super::{Kept, Lowerer};
use crate::error::Result;

/// The relations that more than one operator reads.
#[derive(Default)]
pub struct Shared {
    rels: HashSet<*const Rel>,
}

impl Shared {
    pub fn of(root: &Arc<Rel>) -> Shared {
        let mut readers: HashMap<*const Rel, usize> = HashMap::new();
        let all = walk::relations(root);
        for rel in &all {
            let mut read = walk::inputs(rel);
            for expr in walk::exprs(rel) {
                walk::inner_relations(expr, &mut read);
            }
            for input in read {
                *readers.entry(Arc::as_ptr(&input)).or_default() += 1;
            }
        }
        let is_shared = |rel: &&Arc<Rel>| {
            let readers = readers.get(&Arc::as_ptr(rel)).copied().unwrap_or(0);
            readers > 1 && is_work(rel)
        };
        Shared {
            rels: all.iter().filter(is_shared).map(Arc::as_ptr).collect(),
        }
    }

    fn contains(&self, rel: &Arc<Rel>) -> bool {
        self.rels.contains(&Arc::as_ptr(rel))
    }
}

/// Tables are at hand anyway, and graphs are none.
fn is_work(rel: &Rel) -> bool {
    !matches!(
        rel.op,
        Op::Table { .. }
            | Op::Watchlist { .. }
            | Op::DataTable { .. }
            | Op::ExternalData { .. }
            | Op::Print { .. }
            | Op::Range { .. }
            | Op::Context
            | Op::Graph(_)
    )
}

impl Lowerer<'_> {
    /// The relation over its rows, if others read it too and the rows may be kept.
    pub(crate) fn once(&mut self, rel: &Arc<Rel>, relation: Relation) -> Result<Relation> {
        // Inside a subquery the rows depend on the outer one.
        if !self.contexts.is_empty() || !self.shared.contains(rel) {
            return Ok(relation);
        }
        self.kept(relation)
    }

    /// The relation over its rows, if these may be kept.
    pub(crate) fn kept(&mut self, relation: Relation) -> Result<Relation> {
        if !self.contexts.is_empty() {
            return Ok(relation);
        }
        let visible = relation.columns.iter().map(|c| c.name.clone());
        let names: Vec<String> = visible.chain(relation.hidden()).collect();
        let columns = || names.iter().map(|name| column(name));
        let plan = project(&relation.plan, columns())?;
        let schema = plan.schema().clone();
        let plan = match self.host.keep(plan)? {
            Kept::Not => return Ok(relation),
            Kept::Nothing => LogicalPlan::EmptyRelation(EmptyRelation {
                produce_one_row: false,
                schema,
            }),
            Kept::Rows(table) => {
                let reference =
                    datafusion::common::TableReference::bare(self.hidden("kept").as_str());
                LogicalPlanBuilder::scan(reference, provider_as_source(table), None)?.build()?
            }
        };
        let unqualified: Vec<Expr> = names.iter().map(|n| column(n).alias(n)).collect();
        Ok(Relation {
            plan: project(&plan, unqualified)?,
            ..relation
        })
    }
}
