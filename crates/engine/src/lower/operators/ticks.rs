//! A replay: many evaluations in one plan.
//!
//! A row is seen at the ticks of an interval. The interval stands in two hidden columns while rows
//! are only filtered and extended; where an operator looks at more than one row, the row is expanded
//! to its ticks, and the tick is carried as a hidden key from there on.

use datafusion::common::UnnestOptions;
use datafusion::logical_expr::{Expr as PlanExpr, lit};
use keyline_kql::checked::Expr;

use crate::error::Result;
use crate::evaluation::Ticks;
use crate::limits::RANGE_ROWS_MAX;
use crate::lists;
use crate::lower::relation::{Pending, Relation, builder, column};
use crate::lower::{Lowerer, When};

impl Lowerer<'_> {
    /// Notes at which ticks the rows of a table are seen.
    pub(crate) fn window_ticks(
        &mut self,
        relation: &mut Relation,
        time: PlanExpr,
        ticks: Ticks,
    ) -> Result<()> {
        let inside = time
            .clone()
            .gt_eq(lit(ticks.first.saturating_sub(ticks.period)));
        relation.filter(inside.and(time.clone().lt_eq(lit(ticks.last))))?;
        let (first, last) = (self.hidden("first"), self.hidden("last"));
        relation.extend_hidden(vec![
            (first.clone(), time.clone()),
            (last.clone(), time + lit(ticks.period)),
        ])?;
        relation.pending = Some(Pending { first, last });
        Ok(())
    }

    /// A filter that only narrows the interval of a row; `false` when it is another filter.
    pub(crate) fn narrow_ticks(&mut self, _: &mut Relation, _: &Expr) -> Result<bool> {
        Ok(false)
    }

    /// Expands the rows to their ticks, unless that has been done or there are none.
    pub(crate) fn expand(&mut self, relation: &mut Relation) -> Result<()> {
        let When::Ticks(ticks) = self.when else {
            return Ok(());
        };
        let Some(pending) = relation.pending.take() else {
            return Ok(());
        };
        let tick = self.hidden("tick");
        // The first tick at or after `first`, counted from the first of all.
        let from = lists::first_tick().call(vec![
            column(&pending.first),
            lit(ticks.first),
            lit(ticks.frequency),
        ]);
        let until = datafusion::functions::core::expr_fn::least(vec![
            column(&pending.last),
            lit(ticks.last),
        ]);
        let list =
            lists::steps().call(vec![from, until, lit(ticks.frequency), lit(RANGE_ROWS_MAX)]);
        relation.extend_hidden(vec![(tick.clone(), list)])?;
        relation.plan = builder(&relation.plan)
            .unnest_column_with_options(
                datafusion::common::Column::new_unqualified(&tick),
                UnnestOptions::default(),
            )?
            .build()?;
        relation.carry.insert(0, tick);
        Ok(())
    }
}
