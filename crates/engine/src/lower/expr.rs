//! Scalar expressions. What a call means is decided in `functions`; here names, constants, paths
//! into dynamic values and values of other tabulars find their form.

use datafusion::logical_expr::Expr as PlanExpr;
use keyline_kql::checked::{Expr, ExprKind, Rel};
use keyline_kql::types::{Type, Value};
use std::sync::Arc;

use super::literal::{literal, null};
use super::relation::{Relation, column};
use super::{Lowerer, When};
use crate::error::{Error, ErrorKind, Result};
use crate::functions::{self, PathStep, TypedExpr};
use crate::limits::IN_VALUES_MAX;

impl Lowerer<'_> {
    /// An expression over the columns of `relation`, to whose plan it may add hidden columns.
    pub(crate) fn expr(&mut self, relation: &mut Relation, expr: &Expr) -> Result<PlanExpr> {
        self.expr_inner(relation, expr).map_err(|e| e.at(expr.span))
    }

    fn expr_inner(&mut self, relation: &mut Relation, expr: &Expr) -> Result<PlanExpr> {
        match &expr.kind {
            ExprKind::Literal(value) => Ok(literal(value)),
            ExprKind::Column(name) => Ok(column(name)),
            ExprKind::Call { function, args } => {
                if matches!(*function, "now" | "ago") {
                    self.expand(relation)?;
                    if matches!(self.when, When::Ticks(_)) && relation.carry.is_empty() {
                        return Err(Error::not_vectorisable("`now()` apart from any table"));
                    }
                }
                let args = self.typed(relation, args)?;
                let context = self.context(relation);
                Ok(functions::lower(function, args, expr.ty, &context)?)
            }
            ExprKind::Member { .. } | ExprKind::Index { .. } => self.path(relation, expr),
            ExprKind::Window { function, args } => self.window(relation, function, args, expr.ty),
            ExprKind::ToScalar(rel) => Ok(literal(&self.scalar_of(rel, expr.ty)?)),
            ExprKind::InRel {
                function,
                needle,
                rel,
            } => {
                let list = self.list_of(rel)?;
                let args = vec![
                    TypedExpr {
                        expr: self.expr(relation, needle)?,
                        ty: needle.ty,
                    },
                    TypedExpr {
                        expr: literal(&Value::Dynamic(list)),
                        ty: Type::Dynamic,
                    },
                ];
                let context = self.context(relation);
                Ok(functions::lower(function, args, expr.ty, &context)?)
            }
        }
    }

    pub(crate) fn typed(
        &mut self,
        relation: &mut Relation,
        exprs: &[Expr],
    ) -> Result<Vec<TypedExpr>> {
        exprs
            .iter()
            .map(|e| {
                Ok(TypedExpr {
                    expr: self.expr(relation, e)?,
                    ty: e.ty,
                })
            })
            .collect()
    }

    /// A run of constant steps is one pass over the JSON text.
    fn path(&mut self, relation: &mut Relation, expr: &Expr) -> Result<PlanExpr> {
        let mut steps = Vec::new();
        let mut at = expr;
        loop {
            match &at.kind {
                ExprKind::Member { base, key } => {
                    steps.push(PathStep::Key(key.clone()));
                    at = base;
                }
                ExprKind::Index { base, index } => {
                    let step = match &index.kind {
                        ExprKind::Literal(Value::Int(i)) => PathStep::Index(i64::from(*i)),
                        ExprKind::Literal(Value::Long(i)) => PathStep::Index(*i),
                        ExprKind::Literal(Value::String(key)) => PathStep::Key(key.clone()),
                        _ => break,
                    };
                    steps.push(step);
                    at = base;
                }
                _ => break,
            }
        }
        steps.reverse();
        let base = match &at.kind {
            ExprKind::Index { base, index } => {
                let base = self.expr(relation, base)?;
                let index = TypedExpr {
                    expr: self.expr(relation, index)?,
                    ty: index.ty,
                };
                functions::index(base, index)?
            }
            _ => self.expr(relation, at)?,
        };
        Ok(if steps.is_empty() {
            base
        } else {
            functions::member(base, &steps)
        })
    }

    /// `toscalar(…)`: the first cell, found now.
    fn scalar_of(&mut self, rel: &Arc<Rel>, ty: Type) -> Result<Value> {
        let mut relation = self.rel(rel)?;
        self.refuse_ticks(&relation, "`toscalar`")?;
        relation.columns.truncate(1);
        let relation = self.first_rows(relation, 1)?;
        let rows = self.rows(&relation, 1)?;
        let empty = if ty == Type::String {
            Value::String(String::new())
        } else {
            Value::Null(ty)
        };
        Ok(rows
            .into_iter()
            .next()
            .and_then(|row| row.into_iter().next())
            .unwrap_or(empty))
    }

    /// The first column of a tabular as the JSON text of an array, found now.
    fn list_of(&mut self, rel: &Arc<Rel>) -> Result<String> {
        let mut relation = self.rel(rel)?;
        self.refuse_ticks(&relation, "`in` over a tabular inside an expression")?;
        let first = relation.columns.first().cloned().ok_or_else(|| {
            Error::new(ErrorKind::Invalid, "a tabular with a column was expected")
        })?;
        let value = TypedExpr {
            expr: column(&first.name),
            ty: first.ty,
        };
        let json = functions::convert(value, Type::Dynamic)?;
        let name = keyline_kql::schema::Column::new("value", Type::Dynamic);
        relation.project(vec![(name, json)])?;
        let rows = self.rows(&relation, IN_VALUES_MAX)?;
        let items = rows.iter().filter_map(|row| match row.first() {
            Some(Value::Dynamic(json)) => Some(json.as_str()),
            _ => None,
        });
        Ok(format!("[{}]", items.collect::<Vec<_>>().join(",")))
    }

    pub(crate) fn refuse_ticks(&self, relation: &Relation, what: &str) -> Result<()> {
        let dependent = !relation.carry.is_empty() || relation.pending.is_some();
        if dependent {
            return Err(match self.when {
                When::Ticks(_) => Error::not_vectorisable(what),
                When::Once(_) => Error::unsupported(format!("{what} inside a subquery")),
            });
        }
        Ok(())
    }

    /// `'' ` for a string that an outer join or an empty group left null.
    pub(crate) fn without_null_strings(expr: PlanExpr, ty: Type) -> PlanExpr {
        if ty != Type::String {
            return expr;
        }
        let empty = PlanExpr::Literal(null(Type::String), None);
        datafusion::functions::core::expr_fn::coalesce(vec![expr, empty])
    }
}
