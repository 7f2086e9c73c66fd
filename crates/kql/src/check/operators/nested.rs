//! `top-nested`.

use std::sync::Arc;

use super::summarize::only_aggregates;
use crate::check::aggregate::Sink;
use crate::check::build::{column, converted};
use crate::check::names::UniqueNames;
use crate::check::report::Checked;
use crate::check::scope::{Row, Windows};
use crate::check::{Checker, codes, fold};
use crate::checked::{Expr, ExprKind, NamedExpr, Op, Rel, TopNestedLevel};
use crate::schema::Column;
use crate::span::Span;
use crate::syntax::{self, Order};
use crate::types::Type;

impl<'a> Checker<'a> {
    pub(super) fn top_nested(
        &mut self,
        input: &Arc<Rel>,
        levels: &'a [syntax::TopNestedLevel],
        span: Span,
    ) -> Checked<Arc<Rel>> {
        let row = Row {
            windows: Windows::Misplaced,
            ..Row::of(input)
        };
        let mut names = UniqueNames::default();
        let mut columns = Vec::new();
        let mut made = Vec::with_capacity(levels.len());
        for level in levels {
            let made_level = self.level(input, level, &row, &mut names)?;
            columns.push(Column::new(
                made_level.of.name.clone(),
                made_level.of.expr.ty,
            ));
            columns.push(Column::new(
                made_level.measure.name.clone(),
                made_level.measure.expr.ty,
            ));
            made.push(made_level);
        }
        let op = Op::TopNested {
            input: Arc::clone(input),
            levels: made,
        };
        self.ordered(op, columns, span)
    }

    fn level(
        &mut self,
        input: &Rel,
        level: &'a syntax::TopNestedLevel,
        row: &Row,
        names: &mut UniqueNames,
    ) -> Checked<TopNestedLevel> {
        let count = match &level.count {
            Some(count) => Some(self.count_beside(count, row)?),
            None => None,
        };
        let expr = self.scalar(&level.of.expr, row)?;
        self.not_dynamic(&expr, level.of.span, "what rows are grouped by")?;
        let name = match level.of.names.first() {
            Some(name) => name.text.clone(),
            None => match self.result_name(&level.of.expr, row) {
                Some(name) => name,
                None => self.default_name(row),
            },
        };
        let name = names.add(&name);
        let others = match &level.others {
            None => None,
            Some(others) => {
                let value = self.scalar(others, row)?;
                let (wanted, found) = (expr.ty, value.ty);
                let fits = found == wanted
                    || (found.is_numeric() && wanted.is_numeric())
                    || wanted == Type::Dynamic;
                let value = Some(converted(value, wanted)).filter(|_| fits);
                match value.as_ref().and_then(fold::value) {
                    Some(value) => Some(value.clone()),
                    None => {
                        let message =
                            format!("expected a literal of type `{wanted}`, found a `{found}`");
                        self.error_at_run(codes::NOT_CONSTANT, others.span, message);
                        None
                    }
                }
            }
        };
        let outer = self.aggregates.replace(Sink {
            columns: input.columns.clone(),
            keys: Vec::new(),
            found: Vec::new(),
        });
        let measure = self.measure(&level.by, row);
        let sink = std::mem::replace(&mut self.aggregates, outer);
        let measure = measure?;
        let aggregates = sink.map(|sink| sink.found).unwrap_or_default();
        if aggregates.is_empty() {
            let message = "expected an aggregate";
            self.error_at_run(codes::NOT_AN_AGGREGATE, level.by.span, message);
        }
        let aggregated = match level.by.names.first() {
            Some(name) => name.text.clone(),
            None => format!("aggregated_{name}"),
        };
        let measure = NamedExpr {
            name: names.add(&aggregated),
            expr: measure,
        };
        Ok(TopNestedLevel {
            count,
            of: NamedExpr { name, expr },
            others,
            aggregates,
            measure,
            descending: level.order != Some(Order::Asc),
        })
    }

    /// What the values of a level are ordered by: an aggregate, or an expression over some.
    fn measure(&mut self, by: &'a syntax::NamedExpr, row: &Row) -> Checked<Expr> {
        let Some(call) = self.direct_aggregate(&by.expr) else {
            let expr = self.scalar(&by.expr, &Row::none())?;
            return match only_aggregates(&expr) {
                true => Ok(expr),
                false if matches!(expr.kind, ExprKind::Literal(_)) => Ok(expr),
                false => Err(self.error(codes::NOT_AN_AGGREGATE, by.span, "expected an aggregate")),
            };
        };
        let outputs = self.aggregate(call, row, by.span)?;
        match (outputs.hidden.as_slice(), outputs.types.first()) {
            ([name], Some(ty)) => Ok(column(name, *ty, by.span)),
            _ => Err(self.error(
                codes::NOT_AN_AGGREGATE,
                by.span,
                "expected an aggregate of one column",
            )),
        }
    }
}
