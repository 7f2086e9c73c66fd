//! `where`: rows whose predicate is true; false and null are dropped alike.
//!
//! `where x in (tabular)` becomes a semi join and `!in` an anti join, so that the set need not be
//! known before the plan runs.

use datafusion::common::{JoinType, NullEquality};
use datafusion::logical_expr::LogicalPlanBuilder;
use keyline_kql::checked::{Expr, ExprKind, Rel};
use keyline_kql::types::Type;
use std::sync::Arc;

use super::join::seen_at;
use crate::error::Result;
use crate::functions::{self, TypedExpr};
use crate::lower::Lowerer;
use crate::lower::predicate::chain;
use crate::lower::relation::{Relation, column};

impl Lowerer<'_> {
    pub(crate) fn filter(&mut self, input: &Arc<Rel>, predicate: &Expr) -> Result<Relation> {
        let mut relation = self.rel(input)?;
        let mut conjuncts = Vec::new();
        chain("and", predicate, &mut conjuncts);
        for conjunct in conjuncts {
            match &conjunct.kind {
                ExprKind::InRel {
                    function,
                    needle,
                    rel,
                } if matches!(*function, "in" | "!in" | "in~" | "!in~")
                    && needle.ty != Type::Dynamic =>
                {
                    self.semi_join(&mut relation, function, needle, rel)?;
                }
                _ if self.narrow_ticks(&mut relation, conjunct)? => {}
                _ => {
                    let lowered = self.predicate(&mut relation, conjunct)?;
                    relation.filter(lowered)?;
                }
            }
        }
        Ok(relation)
    }

    fn semi_join(
        &mut self,
        relation: &mut Relation,
        function: &str,
        needle: &Expr,
        rel: &Arc<Rel>,
    ) -> Result<()> {
        let mut list = self.rel(rel)?;
        let is_constant = relation.carry.is_empty() && relation.pending.is_none();
        let stays = list.pending.as_ref().is_some_and(|p| self.is_seen_long(p));
        let at_ticks = stays && !is_constant && relation.carry.len() <= 1;
        if at_ticks {
            self.expand(relation)?;
        } else {
            self.expand(&mut list)?;
        }
        if !list.carry.is_empty() {
            self.expand_all(relation)?;
        }
        let folded = function.ends_with('~');
        let mut left = self.expr(relation, needle)?;
        let item = list.columns[0].clone();
        let mut right = column(&item.name);
        if folded {
            let context = self.context(relation);
            let lower = |expr, ty| {
                functions::lower(
                    "tolower",
                    vec![TypedExpr { expr, ty }],
                    Type::String,
                    &context,
                )
            };
            left = lower(left, needle.ty)?;
            right = lower(right, item.ty)?;
        }
        if needle.ty != item.ty && !folded {
            right = functions::convert(
                TypedExpr {
                    expr: right,
                    ty: item.ty,
                },
                needle.ty,
            )?;
        }
        let (needle_name, item_name) = (self.hidden("needle"), self.hidden("item"));
        relation.extend_hidden(vec![(needle_name.clone(), left)])?;
        let mut left_keys = vec![needle_name];
        let mut right_keys = vec![item_name.clone()];
        let mut exprs = vec![right.alias(item_name)];
        let mut seen = None;
        if let (true, Some(pending)) = (at_ticks, &mut list.pending) {
            for bound in [&mut pending.first, &mut pending.last] {
                let name = self.hidden("seen");
                exprs.push(column(bound).alias(&name));
                *bound = name;
            }
            seen = seen_at(relation, &list);
        }
        for (carried, own) in list.carry.iter().zip(&relation.carry) {
            let name = self.hidden("carry");
            exprs.push(column(carried).alias(&name));
            left_keys.push(own.clone());
            right_keys.push(name);
        }
        let kind = if function.starts_with('!') {
            JoinType::LeftAnti
        } else {
            JoinType::LeftSemi
        };
        let list = LogicalPlanBuilder::new(list.plan).project(exprs)?.build()?;
        relation.plan = LogicalPlanBuilder::new(relation.plan.clone())
            .join_detailed(
                list,
                kind,
                (plan_columns(&left_keys), plan_columns(&right_keys)),
                seen,
                NullEquality::NullEqualsNothing,
            )?
            .build()?;
        Ok(())
    }
}

pub(crate) fn plan_columns(names: &[String]) -> Vec<datafusion::common::Column> {
    names
        .iter()
        .map(datafusion::common::Column::new_unqualified)
        .collect()
}
