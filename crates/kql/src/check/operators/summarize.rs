//! `summarize`, `distinct`, `count`.

use std::sync::Arc;

use crate::check::aggregate::Sink;
use crate::check::build::{column, columns_of, is_constant};
use crate::check::names::{Columns, Duplicate};
use crate::check::projection::Style;
use crate::check::report::Checked;
use crate::check::scope::{Row, Windows};
use crate::check::{Checker, codes};
use crate::checked::{Expr, ExprKind, NamedAggregate, NamedExpr, Op, Rel};
use crate::schema::Column;
use crate::span::Span;
use crate::syntax::{self, Name};
use crate::types::Type;

impl<'a> Checker<'a> {
    pub(super) fn summarize(
        &mut self,
        input: &Arc<Rel>,
        aggregates: &'a [syntax::NamedExpr],
        by: &'a [syntax::NamedExpr],
        span: Span,
    ) -> Checked<Arc<Rel>> {
        let mut columns = Columns::new();
        // What is wrong with the keys says nothing about the aggregates.
        let (keys, mut failed) = match self.keys(input, by, &mut columns) {
            Ok(keys) => (keys, None),
            Err(reported) => (Keys::default(), Some(reported)),
        };
        let by: Vec<NamedExpr> = keys.by;
        let outer = self.aggregates.replace(Sink {
            columns: input.columns.clone(),
            keys: keys.of_input,
            found: Vec::new(),
        });
        for item in aggregates {
            if let Err(reported) = self.aggregate_item(item, input, &mut columns) {
                failed = Some(reported);
            }
        }
        let sink = std::mem::replace(&mut self.aggregates, outer);
        if let Some(reported) = failed {
            return Err(reported);
        }
        let found = sink.map(|sink| sink.found).unwrap_or_default();
        self.finish(input, by, found, columns, span)
    }

    /// The aggregates under their own names; what is computed of them is a projection above.
    fn finish(
        &mut self,
        input: &Arc<Rel>,
        by: Vec<NamedExpr>,
        mut found: Vec<NamedAggregate>,
        columns: Columns<Expr>,
        span: Span,
    ) -> Checked<Arc<Rel>> {
        let exprs = self.named(columns);
        let hidden: Vec<String> = by
            .iter()
            .map(|named| named.name.clone())
            .chain(found.iter().flat_map(|aggregate| aggregate.names.clone()))
            .collect();
        let plain = exprs.len() == hidden.len()
            && exprs.iter().zip(&hidden).all(
                |(named, hidden)| matches!(&named.expr.kind, ExprKind::Column(name) if name == hidden),
            );
        if plain {
            let mut names = exprs.iter().skip(by.len()).map(|named| &named.name);
            for aggregate in &mut found {
                for name in &mut aggregate.names {
                    if let Some(own) = names.next() {
                        name.clone_from(own);
                    }
                }
            }
        }
        let mut outputs = columns_of(&by);
        for aggregate in &found {
            let named = aggregate.names.iter().zip(&aggregate.types);
            outputs.extend(named.map(|(name, ty)| Column::new(name.clone(), *ty)));
        }
        let op = Op::Summarize {
            input: Arc::clone(input),
            by,
            aggregates: found,
        };
        let rel = self.unordered(op, outputs, span)?;
        match plain {
            true => Ok(rel),
            false => self.projected(&rel, exprs, span),
        }
    }

    /// The keys of a `by`, which are the first columns.
    pub(super) fn keys(
        &mut self,
        input: &Rel,
        by: &'a [syntax::NamedExpr],
        columns: &mut Columns<Expr>,
    ) -> Checked<Keys> {
        let row = Row {
            windows: Windows::Misplaced,
            ..Row::of(input)
        };
        let mut keys = Columns::new();
        self.project(by, &row, Style::Project, &mut keys)?;
        let by_list = self.named(keys);
        let mut of_input = Vec::new();
        for (named, item) in by_list.iter().zip(by) {
            self.not_dynamic(&named.expr, item.span, "what rows are grouped by")?;
            if let ExprKind::Column(name) = &named.expr.kind {
                of_input.push(name.clone());
            }
            let key = column(&named.name, named.expr.ty, item.span);
            if columns.declare(&named.name, key).is_err() {
                return Err(self.duplicate_column(&named.name, item.span));
            }
        }
        Ok(Keys {
            by: by_list,
            of_input,
        })
    }

    /// One item of the list of aggregates.
    fn aggregate_item(
        &mut self,
        item: &'a syntax::NamedExpr,
        input: &Rel,
        columns: &mut Columns<Expr>,
    ) -> Checked<()> {
        let row = Row {
            windows: Windows::Misplaced,
            ..Row::of(input)
        };
        if let Some(call) = self.direct_aggregate(&item.expr) {
            let outputs = self.aggregate(call, &row, item.expr.span)?;
            let several = item.names.len();
            // Of what has no column, the name is passed over.
            let nothing = outputs.names.is_empty() && several == 1;
            if several > outputs.names.len() && !nothing {
                return Err(self.error(
                    codes::TUPLE,
                    item.span,
                    format!(
                        "{several} names for an aggregate that has {} value(s)",
                        outputs.names.len()
                    ),
                ));
            }
            for (at, own) in outputs.names.into_iter().enumerate() {
                let expr = column(&outputs.hidden[at], outputs.types[at], item.span);
                match (item.names.get(at), own) {
                    (Some(name), _) => self.declare_aggregate(name, expr, columns)?,
                    (None, Some(own)) => {
                        columns.add(&own, expr);
                    }
                    (None, None) => {
                        let name = self.default_name(&row);
                        columns.add(&name, expr);
                    }
                }
            }
            return Ok(());
        }
        // Around the aggregates there is no row; only they have.
        let expr = self.scalar(&item.expr, &Row::none())?;
        let misplaced = !is_constant(&expr) && !only_aggregates(&expr);
        if misplaced {
            return Err(self.error(
                codes::NOT_AN_AGGREGATE,
                item.expr.span,
                "expected an aggregate",
            ));
        }
        match item.names.first() {
            Some(name) => self.declare_aggregate(name, expr, columns),
            None => {
                let name = match self.result_name(&item.expr, &row) {
                    Some(name) => name,
                    None => self.default_name(&row),
                };
                columns.add(&name, expr);
                Ok(())
            }
        }
    }

    fn declare_aggregate(
        &mut self,
        name: &Name,
        expr: Expr,
        columns: &mut Columns<Expr>,
    ) -> Checked<()> {
        match columns.declare(&name.text, expr) {
            Ok(_) => Ok(()),
            Err(Duplicate) => Err(self.duplicate_column(&name.text, name.span)),
        }
    }

    pub(super) fn distinct(
        &mut self,
        input: &Arc<Rel>,
        items: &'a [syntax::NamedExpr],
        span: Span,
    ) -> Checked<Arc<Rel>> {
        let mut columns = Columns::new();
        let row = Row {
            windows: Windows::Misplaced,
            ..Row::of(input)
        };
        self.project(items, &row, Style::Project, &mut columns)?;
        let exprs = self.named(columns);
        for named in &exprs {
            self.not_dynamic(&named.expr, named.expr.span, "a value to be distinct")?;
        }
        let picked = self.projected(input, exprs, span)?;
        let columns = picked.columns.clone();
        self.unordered(Op::Distinct { input: picked }, columns, span)
    }

    pub(super) fn count_rows(
        &mut self,
        input: &Arc<Rel>,
        name: Option<&Name>,
        span: Span,
    ) -> Checked<Arc<Rel>> {
        let name = name.map_or("Count", |name| name.text.as_str()).to_string();
        let columns = vec![Column::new(name.clone(), Type::Long)];
        let aggregate = NamedAggregate {
            names: vec![name],
            function: "count",
            args: Vec::new(),
            types: vec![Type::Long],
            span,
        };
        let op = Op::Summarize {
            input: Arc::clone(input),
            by: Vec::new(),
            aggregates: vec![aggregate],
        };
        self.unordered(op, columns, span)
    }
}

#[derive(Default)]
pub(super) struct Keys {
    pub by: Vec<NamedExpr>,
    /// The columns of the input that are keys as they stand.
    pub of_input: Vec<String>,
}

/// All columns that the expression uses are aggregates.
pub(super) fn only_aggregates(expr: &Expr) -> bool {
    !crate::check::build::any(
        expr,
        |kind| matches!(kind, ExprKind::Column(name) if !name.starts_with("$aggregate")),
    )
}
