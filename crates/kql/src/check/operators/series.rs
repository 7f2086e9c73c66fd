//! `make-series`.

use std::sync::Arc;

use crate::check::aggregate::{Outputs, Sink};
use crate::check::build::{column, converted};
use crate::check::names::{Columns, Duplicate};
use crate::check::report::Checked;
use crate::check::scope::{Row, Windows};
use crate::check::{Checker, codes, fold};
use crate::checked::{self, MakeSeries, NamedAggregate, NamedExpr, Op, Rel};
use crate::schema::Column;
use crate::syntax::{self, BinaryOp, Expr, Operator, SeriesAggregate, SeriesRange};
use crate::types::{Type, Value};

impl<'a> Checker<'a> {
    pub(super) fn make_series(
        &mut self,
        input: &Arc<Rel>,
        aggregates: &'a [SeriesAggregate],
        on: &'a syntax::NamedExpr,
        range: &'a SeriesRange,
        by: &'a [syntax::NamedExpr],
        operator: &'a Operator,
    ) -> Checked<Arc<Rel>> {
        let span = operator.span;
        let row = Row {
            windows: Windows::Misplaced,
            ..Row::of(input)
        };
        let nonempty = self.word(operator, "kind")?.as_deref() == Some("nonempty");
        let mut columns = Columns::new();
        let keys = self.keys(input, by, &mut columns)?;
        let outer = self.aggregates.replace(Sink {
            columns: input.columns.clone(),
            keys: keys.of_input,
            found: Vec::new(),
        });
        let defaults: Vec<Checked<Value>> = aggregates
            .iter()
            .map(|item| self.series_aggregate(item, &row, &mut columns))
            .collect();
        let sink = std::mem::replace(&mut self.aggregates, outer);
        let defaults = self.all(defaults)?;
        let mut found = sink.map(|sink| sink.found).unwrap_or_default();
        let axis = self.scalar(&on.expr, &row)?;
        let ty = axis.ty;
        if !(ty.is_numeric() || matches!(ty, Type::DateTime | Type::TimeSpan)) {
            return Err(self.error(
                codes::WRONG_TYPE,
                on.span,
                format!("expected a number or a time as axis, found a `{ty}`"),
            ));
        }
        let name = match on.names.first() {
            Some(name) => name.text.clone(),
            None => match self.result_name(&on.expr, &row) {
                Some(name) => name,
                None => self.default_name(&row),
            },
        };
        let axis_column = column(&name, Type::Dynamic, on.span);
        let Ok(name) = columns.declare(&name, axis_column) else {
            return Err(self.duplicate_column(&name, on.span));
        };
        let (from, to, step) = self.series_range(range, ty)?;
        let exprs = self.named(columns);
        let mut names = exprs.iter().skip(keys.by.len()).map(|named| &named.name);
        for aggregate in &mut found {
            if let (Some(own), [hidden]) = (names.next(), aggregate.names.as_mut_slice()) {
                hidden.clone_from(own);
            }
        }
        let result = exprs
            .iter()
            .enumerate()
            .map(|(at, named)| {
                let ty = match at < keys.by.len() {
                    true => named.expr.ty,
                    false => Type::Dynamic,
                };
                Column::new(named.name.clone(), ty)
            })
            .collect();
        let op = Op::MakeSeries(MakeSeries {
            input: Arc::clone(input),
            aggregates: found,
            defaults,
            on: NamedExpr { name, expr: axis },
            from,
            to,
            step,
            by: keys.by,
            nonempty,
        });
        self.unordered(op, result, span)
    }

    /// An aggregate of the list; its default is returned.
    fn series_aggregate(
        &mut self,
        item: &'a SeriesAggregate,
        row: &Row,
        columns: &mut Columns<checked::Expr>,
    ) -> Checked<Value> {
        let Some(call) = self.direct_aggregate(&item.expr.expr) else {
            if let Some(outputs) = self.constant_aggregate(&item.expr.expr)? {
                return self.series_column(item, outputs, row, columns);
            }
            return Err(self.unsupported(
                codes::UNSUPPORTED_OPERATOR,
                item.expr.expr.span,
                "an expression over aggregates is not supported in `make-series`",
            ));
        };
        let outputs = self.aggregate(call, row, item.expr.expr.span)?;
        self.series_column(item, outputs, row, columns)
    }

    /// A number that is the same for every row is the greatest of all.
    fn constant_aggregate(&mut self, expr: &'a Expr) -> Checked<Option<Outputs>> {
        let value = self.scalar(expr, &Row::none())?;
        if fold::value(&value).is_none() || !value.ty.is_numeric() {
            return Ok(None);
        }
        let aggregate = NamedAggregate {
            names: Vec::new(),
            function: "max",
            types: vec![value.ty],
            args: vec![value],
            span: expr.span,
        };
        Ok(self.note(aggregate, vec![None]))
    }

    fn series_column(
        &mut self,
        item: &'a SeriesAggregate,
        outputs: Outputs,
        row: &Row,
        columns: &mut Columns<checked::Expr>,
    ) -> Checked<Value> {
        let span = item.expr.span;
        let ([hidden], [ty]) = (outputs.hidden.as_slice(), outputs.types.as_slice()) else {
            return Err(self.error(
                codes::NOT_AN_AGGREGATE,
                span,
                "an aggregate of several columns makes no series",
            ));
        };
        let expr = column(hidden, Type::Dynamic, span);
        match (
            item.expr.names.first(),
            outputs.names.into_iter().next().flatten(),
        ) {
            (Some(name), _) => {
                if let Err(Duplicate) = columns.declare(&name.text, expr) {
                    return Err(self.duplicate_column(&name.text, name.span));
                }
            }
            (None, Some(name)) => {
                columns.add(&name, expr);
            }
            (None, None) => {
                let name = self.default_name(row);
                columns.add(&name, expr);
            }
        }
        match &item.default {
            None => Ok(fold::converted(&Value::Int(0), *ty)
                .or_else(|| (*ty == Type::Int).then_some(Value::Int(0)))
                .unwrap_or_else(|| fold::null(*ty))),
            Some(default) => {
                let value = self.literal_value(default)?;
                match value.ty() == *ty {
                    true => Ok(value),
                    false => match fold::converted(&value, *ty) {
                        Some(value) => Ok(value),
                        // A real beside a long is kept: the series becomes one of reals.
                        None if value.ty().is_numeric() && ty.is_numeric() => Ok(value),
                        None => {
                            let found = value.ty();
                            let message =
                                format!("expected a `{ty}` as default, found a `{found}`");
                            self.error_at_run(codes::WRONG_TYPE, default.span, message);
                            Ok(fold::null(*ty))
                        }
                    },
                }
            }
        }
    }

    fn series_range(
        &mut self,
        range: &'a SeriesRange,
        ty: Type,
    ) -> Checked<(Option<checked::Expr>, Option<checked::Expr>, checked::Expr)> {
        match range {
            SeriesRange::FromToStep { from, to, step } => {
                let from = self.series_bound(from.as_ref(), ty)?;
                let to = self.series_bound(to.as_ref(), ty)?;
                Ok((from, to, self.series_step(step, ty)?))
            }
            // Here the last bin belongs to the series.
            SeriesRange::InRange { start, stop, step } => {
                let from = self.series_bound(Some(start), ty)?;
                let stop = self.series_bound(Some(stop), ty)?;
                let step = self.series_step(step, ty)?;
                let to = match stop {
                    Some(stop) => {
                        let span = stop.span;
                        let end = self.binary(BinaryOp::Add, span, stop, step.clone(), span)?;
                        Some(converted(end, ty))
                    }
                    None => None,
                };
                Ok((from, to, step))
            }
        }
    }

    fn series_bound(
        &mut self,
        bound: Option<&'a Expr>,
        ty: Type,
    ) -> Checked<Option<checked::Expr>> {
        let Some(bound) = bound else { return Ok(None) };
        let value = self.constant(bound, &Row::none())?;
        match value.ty == ty || (value.ty.is_numeric() && ty.is_numeric()) {
            true => Ok(Some(converted(value, ty))),
            false => Err(self.error(
                codes::WRONG_TYPE,
                bound.span,
                format!(
                    "expected a `{ty}` as end of the series, found a `{}`",
                    value.ty
                ),
            )),
        }
    }

    fn series_step(&mut self, step: &'a Expr, ty: Type) -> Checked<checked::Expr> {
        let value = self.constant(step, &Row::none())?;
        let wanted = match ty {
            Type::DateTime => Type::TimeSpan,
            ty => ty,
        };
        match value.ty == wanted || (value.ty.is_numeric() && wanted.is_numeric()) {
            true => Ok(converted(value, wanted)),
            false => Err(self.error(
                codes::WRONG_TYPE,
                step.span,
                format!("expected a `{wanted}` as step, found a `{}`", value.ty),
            )),
        }
    }
}
