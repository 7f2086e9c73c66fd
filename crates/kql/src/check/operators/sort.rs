//! `sort`, `top`, `top-hitters`.

use std::sync::Arc;

use crate::check::build::{column, columns_of};
use crate::check::report::Checked;
use crate::check::scope::Row;
use crate::check::{Checker, codes};
use crate::checked::{ExprKind, NamedAggregate, NamedExpr, Op, Rel, SortKey};
use crate::schema::Column;
use crate::span::Span;
use crate::syntax::{self, Expr, Nulls, Order};
use crate::types::Type;

impl<'a> Checker<'a> {
    pub(super) fn sort(
        &mut self,
        input: &Arc<Rel>,
        keys: &'a [syntax::SortKey],
        span: Span,
    ) -> Checked<Arc<Rel>> {
        let keys = self.sort_keys(input, keys)?;
        let op = Op::Sort {
            input: Arc::clone(input),
            keys,
        };
        self.ordered(op, input.columns.clone(), span)
    }

    pub(super) fn top(
        &mut self,
        input: &Arc<Rel>,
        count: &'a Expr,
        keys: &'a [syntax::SortKey],
        span: Span,
    ) -> Checked<Arc<Rel>> {
        let count = self.count_beside(count, &Row::of(input));
        let keys = self.sort_keys(input, keys)?;
        let op = Op::Top {
            input: Arc::clone(input),
            count: count?,
            keys,
        };
        self.ordered(op, input.columns.clone(), span)
    }

    /// Descending unless said otherwise; nulls are the smallest unless said otherwise.
    fn sort_keys(&mut self, input: &Rel, keys: &'a [syntax::SortKey]) -> Checked<Vec<SortKey>> {
        let row = Row::of(input);
        let keys = keys
            .iter()
            .map(|key| {
                let expr = self.scalar(&key.expr.expr, &row)?;
                self.not_dynamic(&expr, key.expr.span, "what rows are sorted by")?;
                let descending = key.order != Some(Order::Asc);
                Ok(SortKey {
                    expr,
                    descending,
                    nulls_first: match key.nulls {
                        Some(nulls) => nulls == Nulls::First,
                        None => !descending,
                    },
                })
            })
            .collect();
        self.all(keys)
    }

    /// Kusto counts approximately; here it is a count of all.
    pub(super) fn top_hitters(
        &mut self,
        input: &Arc<Rel>,
        count: &'a Expr,
        of: &'a Expr,
        by: Option<&'a Expr>,
        span: Span,
    ) -> Checked<Arc<Rel>> {
        let row = Row::of(input);
        let count = self.count_beside(count, &row)?;
        let of_expr = self.scalar(of, &row)?;
        let ExprKind::Column(key) = of_expr.kind.clone() else {
            return Err(self.error(codes::COLUMN_EXPECTED, of.span, "expected a column"));
        };
        self.not_dynamic(&of_expr, of.span, "what is counted")?;
        let (function, args, prefix, counted) = match by {
            Some(by) => {
                let name = self.result_name(by, &row).unwrap_or_default();
                let value = self.scalar(by, &row)?;
                ("sum", vec![value], "approximate_sum_", name)
            }
            None => ("count", Vec::new(), "approximate_count_", key.clone()),
        };
        let ty = args
            .first()
            .map_or(Type::Long, |value| crate::check::call::promoted(value.ty));
        if !ty.is_numeric() {
            return Err(self.error(
                codes::WRONG_TYPE,
                span,
                format!("expected a number to sum up, found a `{ty}`"),
            ));
        }
        let name = format!("{prefix}{counted}");
        let by = vec![NamedExpr {
            name: key,
            expr: of_expr,
        }];
        let mut columns = columns_of(&by);
        columns.push(Column::new(name.clone(), ty));
        let aggregate = NamedAggregate {
            names: vec![name.clone()],
            function,
            args,
            types: vec![ty],
            span,
        };
        let op = Op::Summarize {
            input: Arc::clone(input),
            by,
            aggregates: vec![aggregate],
        };
        let counted = self.unordered(op, columns.clone(), span)?;
        let op = Op::Top {
            input: counted,
            count,
            keys: vec![SortKey {
                expr: column(&name, ty, span),
                descending: true,
                nulls_first: false,
            }],
        };
        self.ordered(op, columns, span)
    }
}
