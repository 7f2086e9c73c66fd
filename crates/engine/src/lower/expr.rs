//! Scalar expressions. What a call means is decided in `functions`; here names, constants, paths
//! into dynamic values and values of other tabulars find their form.

use datafusion::functions::core::expr_fn::coalesce;
use datafusion::logical_expr::{Expr as PlanExpr, lit};
use keyline_kql::checked::{Expr, ExprKind, Rel};
use keyline_kql::types::{Type, Value};
use std::sync::Arc;

use super::literal::{literal, null};
use super::relation::{Relation, builder, column};
use super::{Lowerer, When};
use crate::aggregates;
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
            ExprKind::ToScalar(rel) => self.scalar_of(relation, rel, expr.ty),
            ExprKind::InRel {
                function,
                needle,
                rel,
            } => {
                let list = self.list_of(relation, rel)?;
                let args = vec![
                    TypedExpr {
                        expr: self.expr(relation, needle)?,
                        ty: needle.ty,
                    },
                    TypedExpr {
                        expr: list,
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

    /// `toscalar(…)`: the first cell, found now, or in a replay the first cell at each tick.
    fn scalar_of(&mut self, relation: &mut Relation, rel: &Arc<Rel>, ty: Type) -> Result<PlanExpr> {
        let mut found = self.rel(rel)?;
        found.columns.truncate(1);
        let found = self.first_rows(found, 1)?;
        if let (When::Ticks(_), [tick]) = (self.when, found.carry.as_slice()) {
            let value = column(&found.columns[0].name);
            let value = self.value_at_tick(relation, &found, value, tick)?;
            return Ok(Lowerer::without_null_strings(value, ty));
        }
        self.refuse_ticks(&found, "`toscalar`")?;
        let rows = self.rows(&found, 1)?;
        let empty = if ty == Type::String {
            Value::String(String::new())
        } else {
            Value::Null(ty)
        };
        let value = rows
            .into_iter()
            .next()
            .and_then(|row| row.into_iter().next());
        Ok(literal(&value.unwrap_or(empty)))
    }

    /// A value that another relation has at each tick, as a column of this one.
    fn value_at_tick(
        &mut self,
        relation: &mut Relation,
        of: &Relation,
        value: PlanExpr,
        tick: &str,
    ) -> Result<PlanExpr> {
        let (name, at) = (self.hidden("value"), self.hidden("tick"));
        let exprs = [value.alias(&name), column(tick).alias(&at)];
        let values = builder(&of.plan).project(exprs)?.build()?;
        self.by_tick(relation, values, &at)?;
        Ok(column(&name))
    }

    /// The first column of a tabular as the JSON text of an array, found now, or in a replay at each tick.
    fn list_of(&mut self, outer: &mut Relation, rel: &Arc<Rel>) -> Result<PlanExpr> {
        let mut relation = self.rel(rel)?;
        self.expand(&mut relation)?;
        let first = relation.columns.first().cloned().ok_or_else(|| {
            Error::new(ErrorKind::Invalid, "a tabular with a column was expected")
        })?;
        let value = TypedExpr {
            expr: column(&first.name),
            ty: first.ty,
        };
        let json = functions::convert(value, Type::Dynamic)?;
        if let (When::Ticks(_), [tick]) = (self.when, relation.carry.as_slice())
            && first.ty != Type::Dynamic
        {
            let (list, at) = (self.hidden("list"), self.hidden("tick"));
            // The memory of all operators bounds it.
            let collected = aggregates::make_list().call(vec![json, lit(i64::MAX)]);
            let keys = [column(tick).alias(&at)];
            let mut lists = relation.clone();
            lists.plan = builder(&relation.plan)
                .aggregate(keys, [collected.alias(&list)])?
                .build()?;
            let found = self.value_at_tick(outer, &lists, column(&list), &at)?;
            let none = literal(&Value::Dynamic("[]".to_string()));
            return Ok(coalesce(vec![found, none]));
        }
        self.refuse_ticks(&relation, "`in` over a tabular inside an expression")?;
        let name = keyline_kql::schema::Column::new("value", Type::Dynamic);
        relation.project(vec![(name, json)])?;
        let rows = self.rows(&relation, IN_VALUES_MAX)?;
        let items = rows.iter().filter_map(|row| match row.first() {
            Some(Value::Dynamic(json)) => Some(json.as_str()),
            _ => None,
        });
        let list = format!("[{}]", items.collect::<Vec<_>>().join(","));
        Ok(literal(&Value::Dynamic(list)))
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
        coalesce(vec![expr, empty])
    }
}
