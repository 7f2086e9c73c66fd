//! A replay: many evaluations in one plan.
//!
//! A row is seen at the ticks of an interval. The interval stands in two hidden columns while rows
//! are only filtered, extended and joined; where an operator looks at more than one row, the row is
//! expanded to its ticks, and the tick is carried as a hidden key from there on.

use datafusion::common::{JoinType, NullEquality, ScalarValue, UnnestOptions};
use datafusion::functions::core::expr_fn::{coalesce, greatest, least};
use datafusion::functions_aggregate::expr_fn::max;
use datafusion::logical_expr::expr::WindowFunction;
use datafusion::logical_expr::{
    Expr as PlanExpr, ExprFunctionExt, LogicalPlan, WindowFrame, WindowFrameBound,
    WindowFrameUnits, lit,
};
use keyline_kql::checked::{Expr, ExprKind};
use keyline_kql::types::{Type, Value};

use super::filter::plan_columns;
use crate::catalog::TIME_COLUMN;
use crate::error::{Error, Result};
use crate::evaluation::Ticks;
use crate::limits::RANGE_ROWS_MAX;
use crate::lists;
use crate::lower::relation::{Pending, Relation, builder, column};
use crate::lower::{Lowerer, When};

/// Below this many ticks a row, expanding both sides of a join costs less than comparing intervals.
const TICKS_PER_ROW_EXPANDED: i64 = 2;

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
        let pending = Pending {
            first: self.hidden("first"),
            last: self.hidden("last"),
            in_order: true,
            span: ticks.period,
        };
        relation.extend_hidden(vec![
            (pending.first.clone(), time.clone()),
            (pending.last.clone(), time + lit(ticks.period)),
        ])?;
        relation.pending = Some(pending);
        Ok(())
    }

    /// A comparison of a row's own time with `now()` or `ago(…)` only narrows the interval of the
    /// row; `false` when the filter is another one.
    pub(crate) fn narrow_ticks(&mut self, relation: &mut Relation, filter: &Expr) -> Result<bool> {
        if relation.pending.is_none() {
            return Ok(false);
        }
        let ExprKind::Call { function, args } = &filter.kind else {
            return Ok(false);
        };
        let bounds = match (*function, args.as_slice()) {
            ("between", [time, low, high]) => vec![(time, ">=", low), (time, "<=", high)],
            (comparison, [a, b]) => match (offset_from_now(a), offset_from_now(b)) {
                (None, Some(_)) => vec![(a, comparison, b)],
                (Some(_), None) => vec![(b, swapped(comparison), a)],
                _ => return Ok(false),
            },
            _ => return Ok(false),
        };
        let fits = bounds.iter().all(|(time, comparison, bound)| {
            time.ty == Type::DateTime
                && matches!(*comparison, ">=" | ">" | "<=" | "<")
                && !mentions_now(time)
                && offset_from_now(bound).is_some()
        });
        if !fits {
            return Ok(false);
        }
        for (time, comparison, bound) in bounds {
            let offset = offset_from_now(bound).unwrap_or(0);
            let is_own = matches!(&time.kind, ExprKind::Column(name) if name == TIME_COLUMN);
            let time = self.expr(relation, time)?;
            // time >= tick + offset  is  tick <= time - offset.
            let tick = time - lit(offset);
            match comparison {
                ">=" => self.narrow(relation, None, Some(tick))?,
                ">" => self.narrow(relation, None, Some(tick - lit(1_i64)))?,
                "<=" => self.narrow(relation, Some(tick), None)?,
                _ => self.narrow(relation, Some(tick + lit(1_i64)), None)?,
            }
            if let Some(pending) = &mut relation.pending
                && is_own
                && comparison.starts_with('>')
            {
                pending.span = pending.span.min(offset.saturating_neg().max(0));
            }
        }
        Ok(true)
    }

    /// Rows are seen at `first` at the earliest and `last` at the latest, null being never.
    fn narrow(
        &mut self,
        relation: &mut Relation,
        first: Option<PlanExpr>,
        last: Option<PlanExpr>,
    ) -> Result<()> {
        let Some(old) = relation.pending.clone() else {
            return Ok(());
        };
        let (new_first, new_last) = (self.hidden("first"), self.hidden("last"));
        let in_order = old.in_order && first.is_none();
        let never = |bound: &Option<PlanExpr>| bound.clone().map(|bound| bound.is_not_null());
        let known = [never(&first), never(&last)].into_iter().flatten();
        let known = known.reduce(|a, b| a.and(b));
        let bound =
            |old: &str, bound: Option<PlanExpr>, pick: fn(Vec<PlanExpr>) -> PlanExpr| match bound {
                Some(bound) => pick(vec![column(old), bound]),
                None => column(old),
            };
        let exprs = vec![
            (new_first.clone(), bound(&old.first, first, greatest)),
            (new_last.clone(), bound(&old.last, last, least)),
        ];
        if let Some(known) = known {
            relation.filter(known)?;
        }
        relation.extend_hidden(exprs)?;
        relation.pending = Some(Pending {
            first: new_first.clone(),
            last: new_last.clone(),
            in_order,
            span: old.span,
        });
        relation.filter(column(&new_first).lt_eq(column(&new_last)))
    }

    /// Both sides of an inner join are seen at intervals: the pair is seen where both are.
    pub(crate) fn intersect(
        &mut self,
        relation: &mut Relation,
        left: &Pending,
        right: &Pending,
    ) -> Result<()> {
        relation.pending = Some(Pending {
            span: left.span.min(right.span),
            ..left.clone()
        });
        self.narrow(
            relation,
            Some(column(&right.first)),
            Some(column(&right.last)),
        )
    }

    /// Whether comparing intervals is the cheaper way to join two relations of events.
    pub(crate) fn joins_by_interval(&self) -> bool {
        match self.when {
            When::Ticks(ticks) => ticks.period / ticks.frequency.max(1) > TICKS_PER_ROW_EXPANDED,
            When::Once(_) => false,
        }
    }

    /// Whether the rows are seen at so many ticks each that expanding them is best put off.
    pub(crate) fn is_seen_long(&self, pending: &Pending) -> bool {
        match self.when {
            When::Ticks(ticks) => pending.span / ticks.frequency.max(1) > TICKS_PER_ROW_EXPANDED,
            When::Once(_) => false,
        }
    }

    /// Repeats each row for every stretch of this length that its interval touches, and names the column
    /// with the stretch: where no interval is longer, two stretches at most. Intervals that meet share a stretch, so as a key it spares
    /// a join all the pairs that lie far apart in time. Rows that no tick sees are dropped.
    pub(crate) fn by_stretch(
        &mut self,
        relation: &mut Relation,
        length: i64,
    ) -> Result<Option<String>> {
        let (When::Ticks(ticks), Some(pending)) = (self.when, relation.pending.clone()) else {
            return Ok(None);
        };
        relation.filter(first_tick(&pending.first, ticks).lt_eq(column(&pending.last)))?;
        let from = stretch_of(column(&pending.first), length);
        let step = lit(length);
        let all = vec![from, column(&pending.last), step, lit(RANGE_ROWS_MAX)];
        let name = self.hidden("stretch");
        relation.extend_hidden(vec![(name.clone(), lists::steps().call(all))])?;
        unnest(relation, &name)?;
        Ok(Some(name))
    }

    /// Of the stretches that a pair of rows shares, keeps the one in which both begin to be seen.
    pub(crate) fn first_shared_stretch(
        &mut self,
        relation: &mut Relation,
        stretch: &str,
        length: i64,
        left: &Pending,
        right: &Pending,
    ) -> Result<()> {
        let both = greatest(vec![column(&left.first), column(&right.first)]);
        relation.filter(column(stretch).eq(stretch_of(both, length)))
    }

    /// Drops rows whose key the right side lacks, whenever that is seen.
    pub(crate) fn only_matched(
        &mut self,
        left: &mut Relation,
        keys: &[String],
        right: &Relation,
        right_keys: &[String],
    ) -> Result<()> {
        let names = right_keys
            .iter()
            .map(|_| self.hidden("semi"))
            .collect::<Vec<_>>();
        let exprs = right_keys
            .iter()
            .zip(&names)
            .map(|(key, name)| column(key).alias(name));
        let set = builder(&right.plan).project(exprs)?.build()?;
        left.plan = builder(&left.plan)
            .join_detailed(
                set,
                JoinType::LeftSemi,
                (plan_columns(keys), plan_columns(&names)),
                None,
                NullEquality::NullEqualsNull,
            )?
            .build()?;
        Ok(())
    }

    /// The first of the rows with one key, without expanding: a row is the first at those of its ticks at
    /// which none before it is seen any more.
    pub(crate) fn first_while_seen(
        &mut self,
        relation: &mut Relation,
        keys: &[String],
    ) -> Result<()> {
        let (When::Ticks(ticks), Some(pending)) = (self.when, relation.pending.clone()) else {
            return Ok(());
        };
        let before = WindowFrame::new_bounds(
            WindowFrameUnits::Rows,
            WindowFrameBound::Preceding(ScalarValue::UInt64(None)),
            WindowFrameBound::Preceding(ScalarValue::UInt64(Some(1))),
        );
        let PlanExpr::AggregateFunction(latest) = max(column(&pending.last)) else {
            return Ok(());
        };
        let latest = PlanExpr::from(WindowFunction::new(latest.func, latest.params.args))
            .partition_by(keys.iter().map(|key| column(key)).collect())
            .order_by(relation.sort_exprs())
            .window_frame(before)
            .build()?;
        let name = self.hidden("before");
        self.add_window(relation, latest, &name)?;
        let free = coalesce(vec![column(&name) + lit(1_i64), column(&pending.first)]);
        self.narrow(relation, Some(free), None)?;
        // What is left of most rows lies between two ticks.
        let Some(Pending { first, last, .. }) = &relation.pending else {
            return Ok(());
        };
        let seen = first_tick(first, ticks).lt_eq(column(last));
        relation.filter(seen)
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
        let from = first_tick(&pending.first, ticks);
        let until = least(vec![column(&pending.last), lit(ticks.last)]);
        let list =
            lists::steps().call(vec![from, until, lit(ticks.frequency), lit(RANGE_ROWS_MAX)]);
        relation.extend_hidden(vec![(tick.clone(), list)])?;
        unnest(relation, &tick)?;
        relation.carry.insert(0, tick);
        Ok(())
    }

    /// Expands the rows to their ticks; rows that are the same at all times are seen at each.
    pub(crate) fn expand_all(&mut self, relation: &mut Relation) -> Result<()> {
        self.expand(relation)?;
        if !matches!(self.when, When::Ticks(_)) || !relation.carry.is_empty() {
            return Ok(());
        }
        if !self.contexts.is_empty() {
            return Err(Error::not_vectorisable(
                "a subquery over something that is the same at all times",
            ));
        }
        let (ticks, tick) = self.every_tick()?;
        relation.plan = builder(&relation.plan).cross_join(ticks)?.build()?;
        relation.carry.push(tick);
        Ok(())
    }

    /// A row for each tick, and the name of its column.
    pub(crate) fn every_tick(&mut self) -> Result<(LogicalPlan, String)> {
        let When::Ticks(ticks) = self.when else {
            return Err(Error::not_vectorisable("a single evaluation"));
        };
        let mut rows = super::one_row();
        let name = self.hidden("tick");
        let all = [ticks.first, ticks.last, ticks.frequency, RANGE_ROWS_MAX];
        let list = lists::steps().call(all.into_iter().map(lit).collect());
        rows.plan = builder(&rows.plan).project([list.alias(&name)])?.build()?;
        unnest(&mut rows, &name)?;
        Ok((rows.plan, name))
    }

    /// Adds a column to a relation that is seen at ticks: the value that a plan gives for each tick, null
    /// where it gives none.
    pub(crate) fn by_tick(
        &mut self,
        relation: &mut Relation,
        values: LogicalPlan,
        tick: &str,
    ) -> Result<()> {
        self.expand_all(relation)?;
        let [own] = relation.carry.as_slice() else {
            return Err(Error::not_vectorisable("a value of its own for each row"));
        };
        relation.plan = builder(&relation.plan)
            .join_detailed(
                values,
                JoinType::Left,
                (
                    plan_columns(std::slice::from_ref(own)),
                    plan_columns(&[tick.into()]),
                ),
                None,
                NullEquality::NullEqualsNothing,
            )?
            .build()?;
        Ok(())
    }
}

/// The first tick that is no earlier than a column.
pub(crate) fn first_tick(from: &str, ticks: Ticks) -> PlanExpr {
    lists::first_tick().call(vec![column(from), lit(ticks.first), lit(ticks.frequency)])
}

/// One row for each element of a list column, which then holds the element.
fn unnest(relation: &mut Relation, list: &str) -> Result<()> {
    relation.plan = builder(&relation.plan)
        .unnest_column_with_options(
            datafusion::common::Column::new_unqualified(list),
            UnnestOptions::new().with_null_handling(datafusion::common::NullHandling::Drop),
        )?
        .build()?;
    Ok(())
}

/// Where the stretch of a length begins that holds an instant. The remainder of what lies before
/// 1970 is negative.
pub(crate) fn stretch_of(instant: PlanExpr, length: i64) -> PlanExpr {
    let length = || lit(length);
    instant.clone() - (instant % length() + length()) % length()
}

/// The ticks by which an expression differs from `now()`, when it is `now()` and a constant.
fn offset_from_now(expr: &Expr) -> Option<i64> {
    let ExprKind::Call { function, args } = &expr.kind else {
        return None;
    };
    match (*function, args.as_slice()) {
        ("now", []) => Some(0),
        ("now", [offset]) => timespan(offset),
        ("ago", [offset]) => timespan(offset)?.checked_neg(),
        ("+", [a, b]) => match offset_from_now(a) {
            Some(offset) => offset.checked_add(timespan(b)?),
            None => offset_from_now(b)?.checked_add(timespan(a)?),
        },
        ("-", [a, b]) => offset_from_now(a)?.checked_sub(timespan(b)?),
        _ => None,
    }
}

fn timespan(expr: &Expr) -> Option<i64> {
    match &expr.kind {
        ExprKind::Literal(Value::TimeSpan(ticks)) => Some(*ticks),
        ExprKind::Call {
            function: "negate",
            args,
        } => timespan(args.first()?)?.checked_neg(),
        _ => None,
    }
}

fn mentions_now(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Literal(_) | ExprKind::Column(_) => false,
        ExprKind::Call { function, args } => {
            matches!(*function, "now" | "ago") || args.iter().any(mentions_now)
        }
        ExprKind::Member { base, .. } => mentions_now(base),
        ExprKind::Index { base, index } => mentions_now(base) || mentions_now(index),
        ExprKind::Window { .. } | ExprKind::ToScalar(_) | ExprKind::InRel { .. } => true,
    }
}

fn swapped(comparison: &'static str) -> &'static str {
    match comparison {
        ">=" => "<=",
        ">" => "<",
        "<=" => ">=",
        "<" => ">",
        other => other,
    }
}
