//! Predicates: expressions of which only "true or not" counts.
//!
//! A `where` drops both false and null, so comparisons need not tell the two apart here. They are
//! lowered to plain comparisons, which scans, Parquet statistics and join planning understand.

use datafusion::logical_expr::{Expr as PlanExpr, lit};
use keyline_kql::checked::{Expr, ExprKind};
use keyline_kql::types::{Type, Value};

use super::Lowerer;
use super::literal::literal;
use super::relation::Relation;
use crate::error::Result;
use crate::functions::{self, TypedExpr};

impl Lowerer<'_> {
    pub(crate) fn predicate(&mut self, relation: &mut Relation, expr: &Expr) -> Result<PlanExpr> {
        if let ExprKind::Call { function, args } = &expr.kind {
            match (*function, args.as_slice()) {
                ("and" | "or", _) => {
                    let mut parts = Vec::new();
                    chain(function, expr, &mut parts);
                    let parts = parts.into_iter().map(|part| self.predicate(relation, part));
                    let parts = parts.collect::<Result<Vec<_>>>()?;
                    return Ok(balanced(function, parts));
                }
                ("==", [a, b]) if plain(a, b) => {
                    let a = self.expr(relation, a)?;
                    return Ok(a.eq(self.expr(relation, b)?));
                }
                ("!=", [a, b]) if plain(a, b) && a.ty == Type::String => {
                    let a = self.expr(relation, a)?;
                    return Ok(a.not_eq(self.expr(relation, b)?));
                }
                ("between", [value, low, high]) if plain(value, low) && plain(value, high) => {
                    let value = self.expr(relation, value)?;
                    let low = self.expr(relation, low)?;
                    let high = self.expr(relation, high)?;
                    return Ok(value.clone().gt_eq(low).and(value.lt_eq(high)));
                }
                ("in", [needle, items @ ..]) if literals(needle, items) => {
                    let needle = self.expr(relation, needle)?;
                    return Ok(needle.in_list(values(items), false));
                }
                ("!in", [needle, items @ ..])
                    if needle.ty == Type::String && literals(needle, items) =>
                {
                    let needle = self.expr(relation, needle)?;
                    return Ok(needle.in_list(values(items), true));
                }
                _ => {}
            }
        }
        if let ExprKind::Literal(Value::Bool(value)) = expr.kind {
            return Ok(lit(value));
        }
        let lowered = self.expr(relation, expr)?;
        if expr.ty == Type::Bool {
            return Ok(lowered);
        }
        let typed = TypedExpr {
            expr: lowered,
            ty: expr.ty,
        };
        Ok(functions::convert(typed, Type::Bool)?)
    }
}

/// The parts of a run of one connective.
pub(crate) fn chain<'e>(connective: &str, expr: &'e Expr, parts: &mut Vec<&'e Expr>) {
    match &expr.kind {
        ExprKind::Call { function, args } if *function == connective => {
            args.iter().for_each(|arg| chain(connective, arg, parts));
        }
        _ => parts.push(expr),
    }
}

/// The parts joined again as a tree that is as shallow as can be.
fn balanced(connective: &str, mut parts: Vec<PlanExpr>) -> PlanExpr {
    while parts.len() > 1 {
        let mut pairs = Vec::with_capacity(parts.len().div_ceil(2));
        let mut left = parts.into_iter();
        while let Some(a) = left.next() {
            pairs.push(match left.next() {
                Some(b) if connective == "and" => a.and(b),
                Some(b) => a.or(b),
                None => a,
            });
        }
        parts = pairs;
    }
    parts.pop().unwrap_or_else(|| lit(connective == "and"))
}

/// Both sides have one type whose order and equality Arrow shares with Kusto. (Arrow calls NaN
/// equal to itself.)
fn plain(a: &Expr, b: &Expr) -> bool {
    let same = a.ty == b.ty;
    same && matches!(
        a.ty,
        Type::Bool
            | Type::Int
            | Type::Long
            | Type::String
            | Type::DateTime
            | Type::TimeSpan
            | Type::Guid
    )
}

fn literals(needle: &Expr, items: &[Expr]) -> bool {
    !items.is_empty() && items.iter().all(|item| {
        plain(needle, item)
            && matches!(&item.kind, ExprKind::Literal(value) if !matches!(value, Value::Null(_)))
    })
}

fn values(items: &[Expr]) -> Vec<PlanExpr> {
    items
        .iter()
        .filter_map(|item| match &item.kind {
            ExprKind::Literal(value) => Some(literal(value)),
            _ => None,
        })
        .collect()
}
