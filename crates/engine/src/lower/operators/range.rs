//! `range`: one row for each step.

use datafusion::logical_expr::Expr as PlanExpr;
use keyline_kql::checked::{Expr, Rel};
use keyline_kql::types::{Type, Value};
use std::sync::Arc;

use crate::error::{Error, ErrorKind, Result};
use crate::functions::{self, TypedExpr};
use crate::limits::RANGE_ROWS_MAX;
use crate::lists;
use crate::lower::Lowerer;
use crate::lower::literal::literal;
use crate::lower::relation::{OrderKey, Relation, builder, column};
use datafusion::common::UnnestOptions;
use datafusion::logical_expr::lit;

impl Lowerer<'_> {
    pub(crate) fn range(
        &mut self,
        from: &Expr,
        to: &Expr,
        step: &Expr,
        rel: &Arc<Rel>,
    ) -> Result<Relation> {
        let c = rel.columns[0].clone();
        let mut relation = super::one_row();
        if c.ty == Type::Real {
            let rows = self.real_steps(from, to, step)?;
            return self.datatable(&rows, &rel.columns);
        }
        let bound = |value: &Value, expr: &Expr| -> Result<PlanExpr> {
            let long = TypedExpr {
                expr: literal(value),
                ty: expr.ty,
            };
            Ok(match expr.ty {
                Type::DateTime | Type::TimeSpan | Type::Long => long.expr,
                _ => functions::convert(long, Type::Long)?,
            })
        };
        let each = self.constant(step)?;
        let steps = lists::steps().call(vec![
            bound(&self.constant(from)?, from)?,
            bound(&self.constant(to)?, to)?,
            bound(&each, step)?,
            lit(RANGE_ROWS_MAX),
        ]);
        let name = self.hidden("row");
        relation.plan = builder(&relation.plan)
            .project([steps.alias(&name)])?
            .unnest_column_with_options(
                datafusion::common::Column::new_unqualified(&name),
                UnnestOptions::default(),
            )?
            .build()?;
        let descending = match each {
            Value::Int(step) => step < 0,
            Value::Long(step) | Value::TimeSpan(step) => step < 0,
            _ => false,
        };
        relation.order = vec![OrderKey {
            descending,
            ..OrderKey::ascending(name.clone())
        }];
        let value = if c.ty == Type::Int {
            datafusion::logical_expr::cast(column(&name), arrow_schema::DataType::Int32)
        } else {
            column(&name)
        };
        relation.project(vec![(c, value)])?;
        relation.sorted = true;
        Ok(relation)
    }

    fn real_steps(&mut self, from: &Expr, to: &Expr, step: &Expr) -> Result<Vec<Vec<Value>>> {
        let mut bound = |expr: &Expr| -> Result<f64> {
            match self.constant(expr)? {
                Value::Real(v) => Ok(v),
                Value::Long(v) => Ok(v as f64),
                Value::Int(v) => Ok(f64::from(v)),
                _ => Err(Error::new(ErrorKind::Invalid, "a number was expected").at(expr.span)),
            }
        };
        let (from, to, step) = (bound(from)?, bound(to)?, bound(step)?);
        let count = ((to - from) / step).floor();
        if !count.is_finite() || count < 0.0 {
            return Ok(Vec::new());
        }
        if count >= RANGE_ROWS_MAX as f64 {
            return Err(Error::new(
                ErrorKind::Limit,
                format!("`range` makes more than {RANGE_ROWS_MAX} rows"),
            ));
        }
        Ok((0..=count as i64)
            .map(|i| vec![Value::Real(from + i as f64 * step)])
            .collect())
    }
}
