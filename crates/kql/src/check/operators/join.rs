//! `join` and `lookup`.

use std::collections::HashSet;
use std::sync::Arc;

use super::value_of;
use crate::check::build::{column, converted};
use crate::check::names::UniqueNames;
use crate::check::operands::widest;
use crate::check::report::{Checked, Reported};
use crate::check::scope::{Row, Windows};
use crate::check::{Checker, codes};
use crate::checked::{self, Join, JoinColumn, JoinKind, Op, Rel, Side};
use crate::schema::Column;
use crate::span::Span;
use crate::syntax::{BinaryOp, Expr, ExprKind, JoinCondition, Name, Operator};
use crate::types::Type;

type Pair = (checked::Expr, checked::Expr);

impl<'a> Checker<'a> {
    pub(super) fn join(
        &mut self,
        left: &Arc<Rel>,
        right: &'a Expr,
        condition: Option<&'a JoinCondition>,
        operator: &'a Operator,
    ) -> Checked<Arc<Rel>> {
        let kind = match self.word(operator, "kind")?.as_deref() {
            None | Some("innerunique") => JoinKind::InnerUnique,
            Some("inner") => JoinKind::Inner,
            Some("leftouter") => JoinKind::LeftOuter,
            Some("rightouter") => JoinKind::RightOuter,
            Some("fullouter") => JoinKind::FullOuter,
            Some("leftsemi") => JoinKind::LeftSemi,
            Some("rightsemi") => JoinKind::RightSemi,
            Some("anti" | "leftanti" | "leftantisemi") => JoinKind::LeftAnti,
            Some("rightanti" | "rightantisemi") => JoinKind::RightAnti,
            Some(other) => {
                let message = format!("unknown kind of join `{other}`");
                return Err(self.error_with_help(
                    codes::OPERATOR_PARAMETER,
                    value_of(operator, "kind"),
                    message,
                    "one of `innerunique`, `inner`, `leftouter`, `rightouter`, `fullouter`, \
                     `leftsemi`, `rightsemi`, `leftanti`, `rightanti`",
                ));
            }
        };
        let right = self.tabular(right, &Row::none())?;
        let on = self.condition(left, &right, condition, operator)?;
        let of_left = match kind {
            JoinKind::RightSemi | JoinKind::RightAnti => &[],
            _ => left.columns.as_slice(),
        };
        let of_right = match kind {
            JoinKind::LeftSemi | JoinKind::LeftAnti => &[],
            _ => right.columns.as_slice(),
        };
        let output = both(of_left.iter(), of_right.iter());
        self.joined(kind, left, right, on, output, operator.span)
    }

    pub(super) fn lookup(
        &mut self,
        left: &Arc<Rel>,
        right: &'a Expr,
        condition: Option<&'a JoinCondition>,
        operator: &'a Operator,
    ) -> Checked<Arc<Rel>> {
        let kind = match self.word(operator, "kind")?.as_deref() {
            None | Some("leftouter") => JoinKind::LeftOuter,
            Some("inner") => JoinKind::Inner,
            Some(other) => {
                let message = format!("unknown kind of lookup `{other}`");
                return Err(self.error_with_help(
                    codes::OPERATOR_PARAMETER,
                    value_of(operator, "kind"),
                    message,
                    "one of `leftouter`, `inner`",
                ));
            }
        };
        let right = self.tabular(right, &Row::none())?;
        let on = self.condition(left, &right, condition, operator)?;
        let is_key = |found: &&Column| {
            on.iter().any(
                |(_, key)| matches!(&key.kind, checked::ExprKind::Column(name) if *name == found.name),
            )
        };
        let others = right.columns.iter().filter(|found| !is_key(found));
        let output = both(left.columns.iter(), others);
        self.joined(kind, left, right, on, output, operator.span)
    }

    fn joined(
        &mut self,
        kind: JoinKind,
        left: &Arc<Rel>,
        right: Arc<Rel>,
        on: Vec<Pair>,
        output: Vec<(JoinColumn, Type)>,
        span: Span,
    ) -> Checked<Arc<Rel>> {
        let columns = output
            .iter()
            .map(|(found, ty)| Column::new(found.name.clone(), *ty))
            .collect();
        let op = Op::Join(Join {
            kind,
            left: Arc::clone(left),
            right,
            on,
            output: output.into_iter().map(|(found, _)| found).collect(),
        });
        self.unordered(op, columns, span)
    }

    fn condition(
        &mut self,
        left: &Rel,
        right: &Rel,
        condition: Option<&'a JoinCondition>,
        operator: &Operator,
    ) -> Checked<Vec<Pair>> {
        let exprs = match condition {
            Some(JoinCondition::On(exprs)) if !exprs.is_empty() => exprs,
            Some(JoinCondition::Where(expr)) => {
                return Err(self.error_with_help(
                    codes::JOIN_CONDITION,
                    expr.span,
                    "a join takes no `where`",
                    "use `on`, and filter after the join",
                ));
            }
            _ => {
                return Err(self.error_with_help(
                    codes::JOIN_CONDITION,
                    operator.keyword.span,
                    format!("`{}` needs a condition", operator.keyword.text),
                    "add `on Column` or `on $left.A == $right.B`",
                ));
            }
        };
        let row = Row {
            columns: &left.columns,
            right: Some(&right.columns),
            steps: &[],
            windows: Windows::Misplaced,
            exists: true,
        };
        let mut pairs = Vec::new();
        let mut failed = None;
        let mut open: Vec<&'a Expr> = exprs.iter().rev().collect();
        while let Some(expr) = open.pop() {
            match &expr.kind {
                ExprKind::Binary {
                    op: BinaryOp::And,
                    left,
                    right,
                    ..
                } => open.extend([right.as_ref(), left.as_ref()]),
                _ => match self.equality_of_sides(expr, &row) {
                    Ok(pair) => pairs.push(pair),
                    Err(reported) => failed = Some(reported),
                },
            }
        }
        match failed {
            Some(reported) => Err(reported),
            None => Ok(pairs),
        }
    }

    /// `name` or `$left.a == $right.b`
    fn equality_of_sides(&mut self, expr: &'a Expr, row: &Row) -> Checked<Pair> {
        match &expr.kind {
            ExprKind::Name(name) => self.common_column(name, row),
            ExprKind::Binary {
                op: BinaryOp::Equal,
                left,
                right,
                ..
            } => {
                for side in [left, right] {
                    if side_of(side).is_some() && matches!(side.kind, ExprKind::Name(_)) {
                        return Err(self.not_a_condition(side.span));
                    }
                }
                let (left, right) = match (side_of(left), side_of(right)) {
                    (Some(Side::Left), Some(Side::Right)) => (left, right),
                    (Some(Side::Right), Some(Side::Left)) => (right, left),
                    (Some(Side::Left), None) => return Err(self.not_a_condition(right.span)),
                    (None, Some(Side::Right)) => return Err(self.not_a_condition(left.span)),
                    _ => return Err(self.not_a_condition(expr.span)),
                };
                let left = self.scalar(left, row);
                let right = self.scalar(right, row)?;
                let left = left?;
                let ty = match left.ty == right.ty {
                    true => Some(left.ty),
                    false => widest(left.ty, right.ty),
                };
                match ty {
                    Some(ty) => Ok((converted(left, ty), converted(right, ty))),
                    None => Err(self.key_types(left.ty, right.ty, expr.span)),
                }
            }
            ExprKind::Error => Err(Reported),
            _ => Err(self.not_a_condition(expr.span)),
        }
    }

    fn common_column(&mut self, name: &Name, row: &Row) -> Checked<Pair> {
        let right_row = Row {
            columns: row.right.unwrap_or_default(),
            ..*row
        };
        let left = self.column_named(name, row)?;
        let right = self.column_named(name, &right_row)?;
        if left.ty != right.ty {
            return Err(self.key_types(left.ty, right.ty, name.span));
        }
        Ok((
            column(&left.name, left.ty, name.span),
            column(&right.name, right.ty, name.span),
        ))
    }

    fn key_types(&mut self, left: Type, right: Type, span: Span) -> Reported {
        self.error_with_help(
            codes::JOIN_KEY_TYPES,
            span,
            format!("the keys of a join must be of one type, found `{left}` and `{right}`"),
            "convert one of them before the join",
        )
    }

    fn not_a_condition(&mut self, span: Span) -> Reported {
        self.error_with_help(
            codes::JOIN_CONDITION,
            span,
            "a join compares columns for equality and nothing else",
            "write `Column` or `$left.A == $right.B`",
        )
    }
}

/// The columns of both sides. A name that stands twice gets a number the second time, one that makes
/// a name that no column has: `k, a` beside `k, a, a1` become `k, a, k1, a2, a1`.
fn both<'c>(
    left: impl Iterator<Item = &'c Column>,
    right: impl Iterator<Item = &'c Column>,
) -> Vec<(JoinColumn, Type)> {
    let all: Vec<(Side, &Column)> = left
        .map(|found| (Side::Left, found))
        .chain(right.map(|found| (Side::Right, found)))
        .collect();
    let mut names = UniqueNames::default();
    for (_, found) in &all {
        names.reserve(&found.name);
    }
    let mut used = HashSet::new();
    all.into_iter()
        .map(|(side, found)| {
            let name = match used.insert(&found.name) {
                true => found.name.clone(),
                false => names.add(&found.name),
            };
            let column = JoinColumn {
                side,
                source: found.name.clone(),
                name,
            };
            (column, found.ty)
        })
        .collect()
}

/// Which side an operand is about.
fn side_of(expr: &Expr) -> Option<Side> {
    match &expr.kind {
        ExprKind::Name(name) => match name.text.as_str() {
            "$left" => Some(Side::Left),
            "$right" => Some(Side::Right),
            _ => None,
        },
        ExprKind::Member { base, .. } | ExprKind::Index { base, .. } => side_of(base),
        ExprKind::Call(call) => call.args.iter().find_map(|arg| side_of(&arg.value)),
        _ => None,
    }
}
