//! `join` and `lookup`, by stock hash joins. Null keys match null keys.
//!
//! The right side's columns get hidden names first, so that the two sides never clash; the output
//! projection gives each column the name that the checker chose.

use datafusion::common::{JoinType, NullEquality};
use datafusion::logical_expr::{Expr as PlanExpr, LogicalPlanBuilder};
use keyline_kql::checked::{Expr, Join, JoinKind, Rel, Side};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use super::filter::plan_columns;
use super::ticks::stretch_of;
use crate::error::{Error, Result};
use crate::lower::relation::{OrderKey, Relation, builder, column, project};
use crate::lower::{Lowerer, When};

impl Lowerer<'_> {
    pub(crate) fn join(&mut self, join: &Join, rel: &Arc<Rel>) -> Result<Relation> {
        let mut left = self.rel(&join.left)?;
        let mut right = self.rel(&join.right)?;
        self.expand_for_join(join.kind, &mut left, &mut right)?;
        if join.kind != JoinKind::InnerUnique {
            self.first_of_kind(&mut left, self.alike.kinds(rel, join, Side::Left))?;
        }
        self.first_of_kind(&mut right, self.alike.kinds(rel, join, Side::Right))?;
        let mut left_keys = self.keys(&mut left, join.on.iter().map(|(l, _)| l))?;
        let mut right_keys = self.keys(&mut right, join.on.iter().map(|(_, r)| r))?;
        let at_ticks = seen_at_ticks_of(&left, &right);
        let at_ticks_of_right = join.kind == JoinKind::Inner && seen_at_ticks_of(&right, &left);
        if join.kind == JoinKind::InnerUnique {
            if left.pending.is_some() {
                self.only_matched(&mut left, &left_keys, &right, &right_keys)?;
                self.first_while_seen(&mut left, &left_keys)?;
            } else {
                self.first_of_each_key(&mut left, &left_keys)?;
            }
        }
        let intervals = left.pending.is_some() && right.pending.is_some();
        let mut stretch = None;
        if intervals
            && let When::Ticks(ticks) = self.when
            && let length = ticks.period.max(1)
            && let Some(of_left) = self.by_stretch(&mut left, length)?
            && let Some(of_right) = self.by_stretch(&mut right, length)?
        {
            left_keys.push(of_left.clone());
            right_keys.push(of_right);
            stretch = Some((of_left, length));
        }
        if at_ticks {
            self.stretches_at_ticks(&mut left, &mut left_keys, &mut right, &mut right_keys)?;
        } else if at_ticks_of_right {
            self.stretches_at_ticks(&mut right, &mut right_keys, &mut left, &mut left_keys)?;
        }
        let names = self.rename(&mut right, &right_keys)?;
        for key in &mut right_keys {
            *key = names[key].clone();
        }
        let carried = !left.carry.is_empty() && !right.carry.is_empty();
        if carried {
            left_keys.extend(left.carry.iter().cloned());
            right_keys.extend(right.carry.iter().cloned());
        }
        let kind = join_type(join.kind);
        one_sided_carry(join.kind, &left, &right)?;
        let plan = builder(&left.plan);
        let seen = match (at_ticks, at_ticks_of_right) {
            (true, _) => seen_at(&left, &right),
            (_, true) => seen_at(&right, &left),
            _ => None,
        };
        let plan = if left_keys.is_empty() && kind == JoinType::Inner {
            let plan = plan.cross_join(right.plan.clone())?;
            match seen {
                Some(seen) => plan.filter(seen)?,
                None => plan,
            }
        } else {
            let keys = (plan_columns(&left_keys), plan_columns(&right_keys));
            plan.join_detailed(
                right.plan.clone(),
                kind,
                keys,
                seen,
                NullEquality::NullEqualsNull,
            )?
        };
        let output = join
            .output
            .iter()
            .zip(&rel.columns)
            .filter(|(_, c)| self.live.reads(rel, &c.name))
            .map(|(output, c)| {
                let source = match output.side {
                    Side::Left => output.source.as_str(),
                    Side::Right => names[&output.source].as_str(),
                };
                let expr = column(source);
                let unmatched = can_be_unmatched(join.kind, output.side);
                let expr = if unmatched {
                    Lowerer::without_null_strings(expr, c.ty)
                } else {
                    expr
                };
                (c.clone(), expr)
            })
            .collect();
        let intervals = (left.pending.clone(), right.pending.clone());
        let mut relation = joined(plan, join.kind, left, right)?;
        match intervals {
            (Some(left), Some(right)) => {
                // Only inner joins keep both.
                if let Some((stretch, length)) = &stretch {
                    self.first_shared_stretch(&mut relation, stretch, *length, &left, &right)?;
                }
                self.intersect(&mut relation, &left, &right)?;
            }
            // The ticks of the one side are those of the pair.
            _ if at_ticks || at_ticks_of_right => {}
            (one, other) => relation.pending = one.or(other),
        }
        if join.kind == JoinKind::FullOuter && carried {
            return Err(Error::not_vectorisable("a full outer join"));
        }
        relation.project(output)?;
        Ok(relation)
    }

    /// Expands the sides to their ticks where the join looks at more than a pair of rows.
    fn expand_for_join(
        &mut self,
        kind: JoinKind,
        left: &mut Relation,
        right: &mut Relation,
    ) -> Result<()> {
        use JoinKind::*;
        let constant = |r: &Relation| r.carry.is_empty() && r.pending.is_none();
        let kept = if constant(right) {
            matches!(kind, Inner | LeftOuter | LeftSemi | LeftAnti)
        } else if constant(left) {
            matches!(
                kind,
                Inner | InnerUnique | RightOuter | RightSemi | RightAnti
            )
        } else {
            let pending = |r: &Relation| r.pending.is_some();
            let first = left.pending.as_ref().is_some_and(|p| p.in_order);
            pending(left)
                && pending(right)
                && self.joins_by_interval()
                && (kind == Inner || kind == InnerUnique && first)
        };
        if kept {
            return Ok(());
        }
        let both = !constant(left) && !constant(right);
        if both
            && matches!(kind, Inner | InnerUnique | LeftOuter | LeftSemi | LeftAnti)
            && let Some(pending) = &right.pending
            && self.is_seen_long(pending)
            && left.carry.len() <= 1
            && right.carry.is_empty()
        {
            // A row that is seen for long is met at the ticks of the other side.
            return self.expand(left);
        }
        if both
            && kind == Inner
            && right.pending.is_none()
            && right.carry.len() == 1
            && left.carry.is_empty()
            && left.pending.is_some()
        {
            // What has been found is joined with the events behind it, and mostly nothing has been found.
            *right = self.kept(right.clone())?;
            return Ok(());
        }
        match (constant(left), constant(right), kind) {
            (true, false, _) | (false, true, RightOuter | RightSemi | RightAnti | FullOuter) => {
                self.expand_all(left)?;
                self.expand_all(right)
            }
            _ => {
                self.expand(left)?;
                self.expand(right)
            }
        }
    }

    /// Keys that spare a join of rows at ticks with rows at intervals the pairs that lie far apart.
    fn stretches_at_ticks(
        &mut self,
        at_ticks: &mut Relation,
        keys_at_ticks: &mut Vec<String>,
        seen_long: &mut Relation,
        keys_seen_long: &mut Vec<String>,
    ) -> Result<()> {
        let When::Ticks(ticks) = self.when else {
            return Ok(());
        };
        let length = seen_long.pending.as_ref().map_or(i64::MAX, |p| p.span);
        if length == i64::MAX {
            return Ok(());
        }
        let length = length.max(ticks.frequency).max(1);
        let Some(of_intervals) = self.by_stretch(seen_long, length)? else {
            return Ok(());
        };
        let of_ticks = self.hidden("stretch");
        let tick = column(&at_ticks.carry[0]);
        at_ticks.extend_hidden(vec![(of_ticks.clone(), stretch_of(tick, length))])?;
        keys_at_ticks.push(of_ticks);
        keys_seen_long.push(of_intervals);
        Ok(())
    }

    /// The columns of the keys, computed ones added as hidden columns.
    fn keys<'e>(
        &mut self,
        relation: &mut Relation,
        exprs: impl Iterator<Item = &'e Expr>,
    ) -> Result<Vec<String>> {
        let mut names = Vec::new();
        let mut computed = Vec::new();
        for expr in exprs {
            let lowered = self.expr(relation, expr)?;
            match &lowered {
                PlanExpr::Column(c) => names.push(c.name.clone()),
                _ => {
                    let name = self.hidden("key");
                    computed.push((name.clone(), lowered));
                    names.push(name);
                }
            }
        }
        relation.extend_hidden(computed)?;
        Ok(names)
    }

    /// Of the rows of a side that are alike for all that stands above the join, keeps at each time the first.
    fn first_of_kind(&mut self, side: &mut Relation, kinds: Option<Vec<String>>) -> Result<()> {
        let kinds = kinds.filter(|kinds| kinds.iter().all(|name| side.ty(name).is_some()));
        match (kinds, &side.pending) {
            (Some(kinds), None) => self.first_of_each_key(side, &kinds),
            (Some(kinds), Some(seen)) if seen.in_order => self.first_while_seen(side, &kinds),
            _ => Ok(()),
        }
    }

    /// Of the rows with one key, the first in order.
    fn first_of_each_key(&mut self, relation: &mut Relation, keys: &[String]) -> Result<()> {
        let mut groups = keys.to_vec();
        groups.extend(relation.carry.iter().filter(|c| !keys.contains(c)).cloned());
        let visible = relation.columns.iter().map(|c| c.name.clone());
        let payload = visible
            .chain(relation.order.iter().map(|key| key.name.clone()))
            .filter(|name| !groups.contains(name))
            .collect::<Vec<_>>();
        let group_exprs = groups.iter().map(|name| column(name)).collect::<Vec<_>>();
        let order = relation
            .order
            .iter()
            .map(|key| (column(&key.name), key.descending, key.nulls_first))
            .collect::<Vec<_>>();
        let picked = self.hidden("picked");
        let exprs = payload.iter().map(|name| column(name)).collect::<Vec<_>>();
        // Of rows that are their keys alone there is nothing to pick.
        let aggregate = match exprs.is_empty() {
            true => None,
            false => Some(super::summarize::pick(&order, &exprs).alias(&picked)),
        };
        let fields = payload.iter().enumerate().map(|(place, name)| {
            super::summarize::picked_field(column(&picked), place).alias(name)
        });
        let all = group_exprs
            .iter()
            .cloned()
            .chain(fields)
            .collect::<Vec<_>>();
        relation.plan = builder(&relation.plan)
            .aggregate(group_exprs.clone(), aggregate)?
            .project(all)?
            .build()?;
        Ok(())
    }

    /// Gives every column of the right side a hidden name; old name to new.
    fn rename(
        &mut self,
        relation: &mut Relation,
        keys: &[String],
    ) -> Result<HashMap<String, String>> {
        let mut names = HashMap::new();
        let mut exprs = Vec::new();
        let all = relation
            .columns
            .iter()
            .map(|c| c.name.clone())
            .chain(relation.hidden());
        for name in all.chain(keys.iter().cloned()) {
            if let Entry::Vacant(free) = names.entry(name) {
                let new = self.hidden("right");
                exprs.push(column(free.key()).alias(&new));
                free.insert(new);
            }
        }
        relation.plan = project(&relation.plan, exprs)?;
        relation.order = relation
            .order
            .iter()
            .map(|key| OrderKey {
                name: names[&key.name].clone(),
                ..key.clone()
            })
            .collect();
        relation.carry = relation
            .carry
            .iter()
            .map(|name| names[name].clone())
            .collect();
        if let Some(pending) = &mut relation.pending {
            pending.first = names[&pending.first].clone();
            pending.last = names[&pending.last].clone();
        }
        Ok(names)
    }
}

/// Whether the rows of the one are those of single ticks and those of the other are seen at intervals.
fn seen_at_ticks_of(one: &Relation, other: &Relation) -> bool {
    let at_ticks = one.pending.is_none() && one.carry.len() == 1;
    at_ticks && other.pending.is_some() && other.carry.is_empty()
}

/// That the tick of a row of the one lies in the interval of a row of the other.
pub(crate) fn seen_at(one: &Relation, other: &Relation) -> Option<PlanExpr> {
    let (tick, seen) = (one.carry.first()?, other.pending.as_ref()?);
    let begun = column(&seen.first).lt_eq(column(tick));
    Some(begun.and(column(tick).lt_eq(column(&seen.last))))
}

fn join_type(kind: JoinKind) -> JoinType {
    match kind {
        JoinKind::InnerUnique | JoinKind::Inner => JoinType::Inner,
        JoinKind::LeftOuter => JoinType::Left,
        JoinKind::RightOuter => JoinType::Right,
        JoinKind::FullOuter => JoinType::Full,
        JoinKind::LeftSemi => JoinType::LeftSemi,
        JoinKind::RightSemi => JoinType::RightSemi,
        JoinKind::LeftAnti => JoinType::LeftAnti,
        JoinKind::RightAnti => JoinType::RightAnti,
    }
}

fn can_be_unmatched(kind: JoinKind, side: Side) -> bool {
    match side {
        Side::Left => matches!(kind, JoinKind::RightOuter | JoinKind::FullOuter),
        Side::Right => matches!(kind, JoinKind::LeftOuter | JoinKind::FullOuter),
    }
}

/// A side that is the same at all ticks (or for all outer rows) may be joined to one that is not
/// only where its own unmatched rows do not come out.
fn one_sided_carry(kind: JoinKind, left: &Relation, right: &Relation) -> Result<()> {
    use JoinKind::*;
    let fits = match (left.carry.is_empty(), right.carry.is_empty()) {
        (true, true) | (false, false) => true,
        (false, true) => matches!(kind, InnerUnique | Inner | LeftOuter | LeftSemi | LeftAnti),
        (true, false) => matches!(
            kind,
            InnerUnique | Inner | RightOuter | RightSemi | RightAnti
        ),
    };
    if fits {
        return Ok(());
    }
    Err(Error::not_vectorisable(
        "an outer join of something that is the same at all times",
    ))
}

/// What the join yields: whose order it has and whose keys it carries on.
fn joined(
    plan: LogicalPlanBuilder,
    kind: JoinKind,
    left: Relation,
    right: Relation,
) -> Result<Relation> {
    use JoinKind::*;
    let mut relation = Relation::new(plan.build()?, Vec::new());
    match kind {
        LeftSemi | LeftAnti => {
            relation.order = left.order;
            relation.carry = left.carry;
        }
        RightSemi | RightAnti => {
            relation.order = right.order;
            relation.carry = right.carry;
        }
        RightOuter => {
            relation.order = right.order.into_iter().chain(left.order).collect();
            relation.carry = right.carry;
        }
        InnerUnique | Inner | LeftOuter | FullOuter => {
            relation.order = left.order.into_iter().chain(right.order).collect();
            relation.carry = if left.carry.is_empty() {
                right.carry
            } else {
                left.carry
            };
        }
    }
    Ok(relation)
}
