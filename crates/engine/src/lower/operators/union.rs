//! `union`: the rows of all inputs, whose columns the checker has made alike.

use datafusion::logical_expr::{LogicalPlan, Union, lit};
use keyline_kql::checked::Rel;
use keyline_kql::schema::Column;
use std::sync::Arc;

use crate::error::{Error, Result};
use crate::lower::Lowerer;
use crate::lower::relation::{OrderKey, Pending, Relation, column, project};

impl Lowerer<'_> {
    pub(crate) fn union(&mut self, inputs: &[Arc<Rel>], rel: &Arc<Rel>) -> Result<Relation> {
        let mut relations = Vec::new();
        for input in inputs {
            relations.push(self.rel(input)?);
        }
        self.unite(relations, &rel.columns)
    }

    /// The rows of all relations, which have these columns.
    pub(crate) fn unite(
        &mut self,
        mut relations: Vec<Relation>,
        columns: &[Column],
    ) -> Result<Relation> {
        // Events of all inputs can stay at their intervals; else all are expanded.
        let pending = relations.iter().all(|r| r.pending.is_some());
        if !pending {
            for relation in &mut relations {
                self.expand(relation)?;
            }
        }
        let spans = relations.iter().flat_map(|r| &r.pending).map(|p| p.span);
        let span = spans.max().unwrap_or(0);
        let carried = relations.iter().map(|r| r.carry.len()).max().unwrap_or(0);
        for relation in &mut relations {
            if relation.carry.is_empty() && carried == 1 {
                self.expand_all(relation)?;
            }
        }
        if relations.iter().any(|r| r.carry.len() != carried) {
            return Err(Error::not_vectorisable(
                "a union with something that is the same at all times",
            ));
        }
        if relations.len() == 1 {
            return Ok(relations.remove(0));
        }
        let columns = columns.to_vec();
        let ordered = relations.iter().all(|r| r.order.len() == 1);
        let (branch, row) = (self.hidden("branch"), self.hidden("row"));
        let carry = (0..carried)
            .map(|_| self.hidden("carry"))
            .collect::<Vec<_>>();
        let interval = (self.hidden("first"), self.hidden("last"));
        let mut plans: Vec<Arc<LogicalPlan>> = Vec::new();
        for (number, relation) in relations.iter().enumerate() {
            let mut exprs: Vec<_> = columns.iter().map(|c| column(&c.name)).collect();
            for (from, to) in relation.carry.iter().zip(&carry) {
                exprs.push(column(from).alias(to));
            }
            if let Some(seen) = &relation.pending {
                exprs.push(column(&seen.first).alias(&interval.0));
                exprs.push(column(&seen.last).alias(&interval.1));
            }
            if ordered && self.integer_order(relation) {
                exprs.push(lit(i64::try_from(number).unwrap_or(i64::MAX)).alias(&branch));
                exprs.push(column(&relation.order[0].name).alias(&row));
            }
            plans.push(Arc::new(project(&relation.plan, exprs)?));
        }
        let ordered = ordered && relations.iter().all(|r| self.integer_order(r));
        let union = Union::try_new_with_loose_types(plans)?;
        let mut relation = Relation::new(LogicalPlan::Union(union), columns);
        relation.carry = carry;
        relation.pending = pending.then_some(Pending {
            first: interval.0,
            last: interval.1,
            in_order: false,
            span,
        });
        if ordered {
            relation.order = vec![OrderKey::ascending(branch), OrderKey::ascending(row)];
        }
        Ok(relation)
    }

    fn integer_order(&self, relation: &Relation) -> bool {
        let schema = relation.plan.schema();
        relation.order.first().is_some_and(|key| {
            !key.descending
                && schema
                    .field_with_unqualified_name(&key.name)
                    .is_ok_and(|f| *f.data_type() == arrow_schema::DataType::Int64)
        })
    }
}
