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
                ("and", [a, b]) => {
                    let a = self.predicate(relation, a)?;
                    return Ok(a.and(self.predicate(relation, b)?));
                }
                ("or", [a, b]) => {
                    let a = self.predicate(relation, a)?;
                    return Ok(a.or(self.predicate(relation, b)?));
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
