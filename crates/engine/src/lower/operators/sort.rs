//! `sort`, `take`, `top`, `sample`: the order of rows and how many of them.
//!
//! A sort only notes its keys; the rows are put in order where something depends on it. Ties keep the
//! order that was there before.

use arrow_schema::DataType;
use datafusion::functions_window::expr_fn::row_number;
use datafusion::logical_expr::{ExprFunctionExt, cast, lit};
use keyline_kql::checked::{Expr, NamedExpr, Rel, SortKey};
use keyline_kql::schema::Column;
use keyline_kql::types::Type;
use std::sync::Arc;

use crate::error::Result;
use crate::functions::{self, TypedExpr};
use crate::lower::Lowerer;
use crate::lower::relation::{OrderKey, Relation, builder, column};

impl Lowerer<'_> {
    pub(crate) fn sort(&mut self, input: &Arc<Rel>, keys: &[SortKey]) -> Result<Relation> {
        let mut relation = self.rel(input)?;
        self.order_by(&mut relation, keys)?;
        Ok(relation)
    }

    pub(crate) fn take(&mut self, input: &Arc<Rel>, count: &Expr) -> Result<Relation> {
        let count = self.count(count)?;
        let relation = self.rel(input)?;
        self.first_rows(relation, count)
    }

    pub(crate) fn top(
        &mut self,
        input: &Arc<Rel>,
        count: &Expr,
        keys: &[SortKey],
    ) -> Result<Relation> {
        let count = self.count(count)?;
        let mut relation = self.rel(input)?;
        self.order_by(&mut relation, keys)?;
        self.first_rows(relation, count)
    }

    pub(crate) fn sample_distinct(
        &mut self,
        input: &Arc<Rel>,
        count: &Expr,
        of: &NamedExpr,
        rel: &Arc<Rel>,
    ) -> Result<Relation> {
        let count = self.count(count)?;
        let mut relation = self.rel(input)?;
        let value = self.expr(&mut relation, &of.expr)?;
        relation.project(vec![(rel.columns[0].clone(), value)])?;
        let distinct = self.distinct_rows(relation)?;
        self.first_rows(distinct, count)
    }

    fn order_by(&mut self, relation: &mut Relation, keys: &[SortKey]) -> Result<()> {
        let mut order = Vec::new();
        let mut exprs = Vec::new();
        for key in keys {
            let mut expr = self.expr(relation, &key.expr)?;
            if key.expr.ty == Type::Dynamic {
                let typed = TypedExpr {
                    expr,
                    ty: key.expr.ty,
                };
                expr = functions::convert(typed, Type::String)?;
            }
            let name = self.hidden("sort");
            exprs.push((name.clone(), expr));
            order.push(OrderKey {
                name,
                descending: key.descending,
                nulls_first: key.nulls_first,
            });
        }
        relation.extend_hidden(exprs)?;
        order.append(&mut relation.order);
        relation.order = order;
        relation.sorted = true;
        if let Some(seen) = &mut relation.pending {
            seen.in_order = false;
        }
        Ok(())
    }

    /// The first rows in the order that there is; of each carried key, where there are some.
    pub(crate) fn first_rows(&mut self, mut relation: Relation, count: usize) -> Result<Relation> {
        self.expand(&mut relation)?;
        if count == 0 {
            // DataFusion's heap of the first rows has no room for none of them.
            relation.filter(lit(false))?;
            return Ok(relation);
        }
        if relation.carry.is_empty() {
            let plan = builder(&relation.plan);
            relation.plan = if relation.sorted {
                plan.sort_with_limit(relation.sort_exprs(), Some(count))?
                    .build()?
            } else {
                plan.limit(0, Some(count))?.build()?
            };
            return Ok(relation);
        }
        self.number_rows(&mut relation)?;
        let name = self.hidden("place");
        let place = row_number()
            .partition_by(relation.carry_exprs())
            .order_by(relation.sort_exprs())
            .build()?;
        let limit = lit(i64::try_from(count).unwrap_or(i64::MAX));
        self.add_window(&mut relation, place, &name)?;
        relation.filter(cast(column(&name), DataType::Int64).lt_eq(limit))?;
        Ok(relation)
    }

    /// An order by the visible columns, for what comes out of a grouping.
    pub(crate) fn order_by_columns(
        &mut self,
        relation: &mut Relation,
        columns: &[Column],
    ) -> Result<()> {
        let mut exprs = Vec::new();
        relation.order.clear();
        for c in columns {
            let name = self.hidden("group");
            exprs.push((name.clone(), column(&c.name)));
            relation.order.push(OrderKey::ascending(name));
        }
        let order = std::mem::take(&mut relation.order);
        relation.extend_hidden(exprs)?;
        relation.order = order;
        relation.sorted = false;
        Ok(())
    }
}
