//! `where`, and what keeps some of the rows: `take`, `sample`, `serialize`, `partition`.

use std::sync::Arc;

use crate::check::names::Columns;
use crate::check::projection::Style;
use crate::check::report::{Checked, Reported};
use crate::check::scope::Row;
use crate::check::{Checker, codes};
use crate::checked::{self, ExprKind, NamedExpr, Op, PartitionContext, Rel};
use crate::schema::Column;
use crate::span::Span;
use crate::syntax::{self, Expr, Pipe};

impl<'a> Checker<'a> {
    pub(super) fn filter(
        &mut self,
        input: &Arc<Rel>,
        predicate: &'a Expr,
        span: Span,
    ) -> Checked<Arc<Rel>> {
        let predicate = self.predicate(predicate, &Row::of(input))?;
        let op = Op::Filter {
            input: Arc::clone(input),
            predicate,
        };
        self.keeping_order(op, input.columns.clone(), input, span)
    }

    pub(super) fn take(
        &mut self,
        input: &Arc<Rel>,
        count: &'a Expr,
        span: Span,
    ) -> Checked<Arc<Rel>> {
        let op = Op::Take {
            input: Arc::clone(input),
            count: self.count_beside(count, &Row::of(input))?,
        };
        self.keeping_order(op, input.columns.clone(), input, span)
    }

    pub(super) fn sample(
        &mut self,
        input: &Arc<Rel>,
        count: &'a Expr,
        span: Span,
    ) -> Checked<Arc<Rel>> {
        let op = Op::Sample {
            input: Arc::clone(input),
            count: self.count_beside(count, &Row::of(input))?,
        };
        self.unordered(op, input.columns.clone(), span)
    }

    pub(super) fn sample_distinct(
        &mut self,
        input: &Arc<Rel>,
        count: &'a Expr,
        of: &'a syntax::NamedExpr,
        span: Span,
    ) -> Checked<Arc<Rel>> {
        let row = Row::of(input);
        let count = self.count_beside(count, &row)?;
        // An operation is no column, whatever is wrong in it.
        let operation = matches!(
            of.expr.kind,
            syntax::ExprKind::Binary { .. } | syntax::ExprKind::Unary { .. }
        );
        let read = self.scalar(&of.expr, &row);
        if read.is_err() && !operation {
            return Err(Reported);
        }
        let column = |expr: &checked::Expr| matches!(expr.kind, ExprKind::Column(_));
        let Some(expr) = read.ok().filter(column) else {
            return Err(self.error(codes::COLUMN_EXPECTED, of.span, "expected a column"));
        };
        self.not_dynamic(&expr, of.span, "a value to be distinct")?;
        let name = match of.names.first() {
            Some(name) => name.text.clone(),
            None => match self.result_name(&of.expr, &row) {
                Some(name) => name,
                None => self.default_name(&row),
            },
        };
        let columns = vec![Column::new(name.clone(), expr.ty)];
        let op = Op::SampleDistinct {
            input: Arc::clone(input),
            count,
            of: NamedExpr { name, expr },
        };
        self.unordered(op, columns, span)
    }

    pub(super) fn serialize(
        &mut self,
        input: &Arc<Rel>,
        items: &'a [syntax::NamedExpr],
        span: Span,
    ) -> Checked<Arc<Rel>> {
        let op = Op::Serialize {
            input: Arc::clone(input),
        };
        let rel = self.ordered(op, input.columns.clone(), span)?;
        match items.is_empty() {
            true => Ok(rel),
            false => self.extend(&rel, items, span),
        }
    }

    pub(super) fn partition(
        &mut self,
        input: &Arc<Rel>,
        by: &'a Expr,
        body: &'a Pipe,
        span: Span,
    ) -> Checked<Arc<Rel>> {
        let by = self.partition_column(input, by)?;
        let context = self.keeping_order(Op::Context, input.columns.clone(), input, span)?;
        let subquery = self.subquery(body, context)?;
        let columns = subquery.columns.clone();
        let op = Op::Partition {
            input: Arc::clone(input),
            by: by.name,
            context: PartitionContext::Rows,
            subquery,
        };
        self.unordered(op, columns, span)
    }

    /// `partition by column { query }`: in the query the column's name stands for the value.
    pub(super) fn partition_query(
        &mut self,
        input: &Arc<Rel>,
        by: &'a Expr,
        body: &'a Expr,
        span: Span,
    ) -> Checked<Arc<Rel>> {
        let by = self.partition_column(input, by)?;
        let context = self.unordered(Op::Context, vec![by.clone()], span)?;
        let value = checked::Expr {
            kind: ExprKind::ToScalar(context),
            ty: by.ty,
            span,
        };
        let mark = self.scopes.mark();
        let outer = self.scopes.enter(mark);
        let binding = self.scalar_binding(value);
        self.scopes.declare(&by.name, binding);
        let query = self.tabular(body, &Row::none());
        self.scopes.leave(outer);
        let subquery = query?;
        let columns = subquery.columns.clone();
        let op = Op::Partition {
            input: Arc::clone(input),
            by: by.name,
            context: PartitionContext::Value,
            subquery,
        };
        self.unordered(op, columns, span)
    }

    fn partition_column(&mut self, input: &Rel, by: &'a Expr) -> Checked<Column> {
        let by = self.scalar(by, &Row::of(input))?;
        self.not_dynamic(&by, by.span, "what rows are partitioned by")?;
        match by.kind {
            ExprKind::Column(name) => Ok(Column::new(name, by.ty)),
            _ => Err(self.error(
                codes::COLUMN_EXPECTED,
                by.span,
                "expected a column to partition by",
            )),
        }
    }

    pub(super) fn extend(
        &mut self,
        input: &Arc<Rel>,
        items: &'a [syntax::NamedExpr],
        span: Span,
    ) -> Checked<Arc<Rel>> {
        let mut columns = Columns::new();
        for named in crate::check::build::pass_through(&input.columns, span) {
            columns.add(&named.name, named.expr);
        }
        self.project(items, &Row::of(input), Style::Extend, &mut columns)?;
        let exprs = self.named(columns);
        self.projected(input, exprs, span)
    }
}
