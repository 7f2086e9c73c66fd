//! `distinct` over rows that are seen at intervals: each different row with the stretches of time in which
//! any of its like is seen.
//!
//! Hundreds of ticks see much the same rows where a rule looks back for weeks. The intervals of equal rows
//! are laid over one another before anything is expanded, and what comes out are intervals again, of which
//! no two of one row overlap.

use datafusion::common::ScalarValue;
use datafusion::functions::core::expr_fn::least;
use datafusion::functions_aggregate::expr_fn::{max, min, sum};
use datafusion::logical_expr::expr::WindowFunction;
use datafusion::logical_expr::{
    Expr, ExprFunctionExt, WindowFrame, WindowFrameBound, WindowFrameUnits, lit, when,
};

use super::ticks::first_tick;
use crate::error::Result;
use crate::lower::relation::{Pending, Relation, builder, column};
use crate::lower::{Lowerer, When};

impl Lowerer<'_> {
    pub(crate) fn distinct_while_seen(&mut self, mut relation: Relation) -> Result<Relation> {
        let (When::Ticks(ticks), Some(pending)) = (self.when, relation.pending.take()) else {
            return Ok(relation);
        };
        let names: Vec<String> = relation.columns.iter().map(|c| c.name.clone()).collect();
        let names: Vec<String> = names.into_iter().chain(relation.carry.clone()).collect();
        let columns = || names.iter().map(|name| column(name)).collect::<Vec<_>>();
        let [from, until, first, last] = ["from", "until", "first", "last"].map(|n| self.hidden(n));
        // On the ticks themselves, so that rows of one hour are the same.
        let tick = first_tick(&pending.first, ticks);
        let end = least(vec![column(&pending.last), lit(ticks.last)]);
        let seen = [tick.alias(&from), end.alias(&until)];
        relation.plan = builder(&relation.plan)
            .project(columns().into_iter().chain(seen))?
            .filter(column(&from).lt_eq(column(&until)))?
            .aggregate(
                columns().into_iter().chain([column(&from)]),
                [max(column(&until)).alias(&last)],
            )?
            .build()?;
        // A row begins an island where nothing before it reaches up to it.
        let reach = self.hidden("reach");
        let before = bounds(WindowFrameBound::Preceding(ScalarValue::UInt64(Some(1))));
        let call = over(max(column(&last)), columns(), &from, before)?;
        self.add_window(&mut relation, call, &reach)?;
        let is_apart = column(&from).gt(column(&reach) + lit(ticks.frequency));
        let begins =
            when(column(&reach).is_null().or(is_apart), lit(1_i64)).otherwise(lit(0_i64))?;
        let island = self.hidden("island");
        let up_to = bounds(WindowFrameBound::CurrentRow);
        let call = over(sum(begins), columns(), &from, up_to)?;
        self.add_window(&mut relation, call, &island)?;
        let end = self.hidden("last");
        relation.plan = builder(&relation.plan)
            .aggregate(
                columns().into_iter().chain([column(&island)]),
                [
                    min(column(&from)).alias(&first),
                    max(column(&last)).alias(&end),
                ],
            )?
            .build()?;
        relation.pending = Some(Pending {
            first,
            last: end,
            in_order: false,
            span: i64::MAX,
        });
        let columns = relation.columns.clone();
        self.order_by_columns(&mut relation, &columns)?;
        Ok(relation)
    }
}

fn bounds(until: WindowFrameBound) -> WindowFrame {
    let from = WindowFrameBound::Preceding(ScalarValue::UInt64(None));
    WindowFrame::new_bounds(WindowFrameUnits::Rows, from, until)
}

/// An aggregate over the rows up to here that are alike.
fn over(aggregate: Expr, alike: Vec<Expr>, order: &str, frame: WindowFrame) -> Result<Expr> {
    let call = match aggregate {
        Expr::AggregateFunction(f) => Expr::from(WindowFunction::new(f.func, f.params.args)),
        other => other,
    };
    let by_time = vec![column(order).sort(true, false)];
    let call = call.partition_by(alike).order_by(by_time);
    Ok(call.window_frame(frame).build()?)
}
