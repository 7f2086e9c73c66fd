//! `summarize` in a replay where it is more than a grouping by tick: totals without `by`, which have a row
//! at every tick, and counts of distinct values over weeks.

use datafusion::functions_aggregate::expr_fn::count;
use datafusion::logical_expr::{Expr as PlanExpr, lit, when};
use keyline_kql::checked::{Expr, ExprKind, NamedAggregate, NamedExpr};
use keyline_kql::schema::Column;
use keyline_kql::types::Type;

use super::summarize::Aggregated;
use crate::error::{Error, Result};
use crate::lower::relation::{Relation, builder, column};
use crate::lower::{Lowerer, When};
use crate::rows::batches_to_rows;

impl Lowerer<'_> {
    /// One row at every tick; at those at which nothing is seen, what the aggregates give for no rows.
    pub(crate) fn total_at_each_tick(
        &mut self,
        relation: Relation,
        aggregated: Aggregated,
    ) -> Result<Relation> {
        if !self.contexts.is_empty() {
            return Err(Error::not_vectorisable(
                "`summarize` without `by` in a subquery",
            ));
        }
        let of_none = self.total_of_none(&relation, &aggregated)?;
        let mut grouped = self.group(relation, &[], aggregated)?;
        let there = self.hidden("there");
        grouped.extend_hidden(vec![(there.clone(), lit(true))])?;
        let [tick] = grouped.carry.as_slice() else {
            return Err(Error::not_vectorisable("`summarize` without `by`"));
        };
        let tick = tick.clone();
        let (ticks, name) = self.every_tick()?;
        let mut all = Relation::new(ticks, Vec::new());
        all.carry = vec![name];
        self.by_tick(&mut all, grouped.plan, &tick)?;
        let mut output = Vec::new();
        for (c, none) in grouped.columns.iter().zip(of_none) {
            let value = when(column(&there).is_null(), none).otherwise(column(&c.name))?;
            output.push((c.clone(), value));
        }
        all.project(output)?;
        self.order_by_columns(&mut all, &grouped.columns)?;
        Ok(all)
    }

    /// What the aggregates give without any row.
    fn total_of_none(
        &mut self,
        relation: &Relation,
        aggregated: &Aggregated,
    ) -> Result<Vec<PlanExpr>> {
        let columns: Vec<Column> = aggregated.output.iter().map(|(c, _)| c.clone()).collect();
        let plan = builder(&relation.plan).filter(lit(false))?;
        let no_keys: Vec<PlanExpr> = Vec::new();
        let mut aggregates = aggregated.plan.clone();
        aggregates.push(count(lit(1_i64)).alias(self.hidden("rows")));
        let plan = plan.aggregate(no_keys, aggregates)?.build()?;
        let mut none = Relation::new(plan, Vec::new());
        none.project(aggregated.output.clone())?;
        let rows = batches_to_rows(&self.host.run(none.plan)?, &columns)?;
        let row = rows.into_iter().next().ok_or_else(|| {
            Error::not_vectorisable("a total that has no row where nothing is seen")
        })?;
        let literals = row.iter().zip(&columns);
        Ok(literals
            .map(|(value, c)| lit(super::literals::cell(value, c.ty)))
            .collect())
    }

    /// `summarize dcount(x) by …` over rows that are seen long: the different values first, each with the
    /// stretches of time in which it is seen, and of those the number at each tick. `None` where that does
    /// not fit.
    pub(crate) fn count_of_distinct(
        &mut self,
        relation: &mut Relation,
        by: &[NamedExpr],
        aggregates: &[NamedAggregate],
    ) -> Result<Option<Relation>> {
        let [only] = aggregates else {
            return Ok(None);
        };
        let is_exact = |ty: Type| !matches!(ty, Type::Real | Type::Decimal | Type::Dynamic);
        let fits = matches!(only.function, "dcount" | "count_distinct")
            && !by.is_empty()
            && only.args.first().is_some_and(|arg| is_exact(arg.ty))
            && matches!(self.when, When::Ticks(_))
            && relation
                .pending
                .as_ref()
                .is_some_and(|p| self.is_seen_long(p));
        let (true, Some(counted)) = (fits, only.args.first()) else {
            return Ok(None);
        };
        let value = Column::new(self.hidden("value"), counted.ty);
        let mut output = Vec::new();
        for named in by {
            let expr = self.expr(relation, &named.expr)?;
            output.push((Column::new(&named.name, named.expr.ty), expr));
        }
        output.push((value.clone(), self.expr(relation, counted)?));
        if relation.pending.is_none() {
            // One of them asks for the tick itself.
            return Ok(None);
        }
        relation.project(output)?;
        let distinct = self.distinct_rows(relation.clone())?;
        let keys = by.iter().map(|named| NamedExpr {
            name: named.name.clone(),
            expr: Expr {
                kind: ExprKind::Column(named.name.clone()),
                ty: named.expr.ty,
                span: named.expr.span,
            },
        });
        let keys: Vec<NamedExpr> = keys.collect();
        let name = self.hidden("aggregate");
        let aggregated = Aggregated {
            plan: vec![count(column(&value.name)).alias(&name)],
            output: vec![(Column::new(&only.names[0], only.types[0]), column(&name))],
        };
        Ok(Some(self.group(distinct, &keys, aggregated)?))
    }
}
