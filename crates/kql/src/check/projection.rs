//! Lists of named expressions: `project`, `extend`, `print`, keys of `summarize`.

use super::build::column;
use super::names::{Columns, Duplicate};
use super::report::{Checked, Reported};
use super::scope::{Binding, Row};
use super::{Checker, codes};
use crate::checked::{Expr, ExprKind, NamedExpr};
use crate::functions::{self, Return};
use crate::span::Span;
use crate::syntax::{self, Name};

/// How an operator treats the names of its columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// The columns are all there is.
    Project,
    /// A column takes the place of one of the same name.
    Extend,
    /// As `Project`, unnamed columns are called `print_0` and so on.
    Print,
}

impl<'a> Checker<'a> {
    /// Adds the columns of a list to those that there are.
    pub(super) fn project(
        &mut self,
        items: &'a [syntax::NamedExpr],
        row: &Row,
        style: Style,
        columns: &mut Columns<Expr>,
    ) -> Checked<()> {
        let mut failed = None;
        for (at, item) in items.iter().enumerate() {
            if let Err(reported) = self.project_one(item, at, row, style, columns) {
                failed = Some(reported);
            }
        }
        match failed {
            Some(reported) => Err(reported),
            None => Ok(()),
        }
    }

    fn project_one(
        &mut self,
        item: &'a syntax::NamedExpr,
        at: usize,
        row: &Row,
        style: Style,
        columns: &mut Columns<Expr>,
    ) -> Checked<()> {
        if matches!(item.expr.kind, syntax::ExprKind::Star) && item.names.is_empty() {
            for found in row.columns {
                let expr = column(&found.name, found.ty, item.span);
                columns.add_or_replace(&found.name, expr);
            }
            return Ok(());
        }
        if let (Some(name), syntax::ExprKind::Pipe(pipe)) = (item.names.first(), &item.expr.kind)
            && !pipe.is_broken()
            && !item.expr.is_unread()
        {
            return Err(self.expected_value(name.span.to(item.expr.span)));
        }
        let expr = self.scalar(&item.expr, row)?;
        let parts = self.parts(item, &expr, row);
        if item.names.len() > 1 && parts.len() < item.names.len() {
            return Err(self.error(
                codes::TUPLE,
                item.names[0].span.to(item.names[item.names.len() - 1].span),
                format!(
                    "{} names for an expression that has {} value(s)",
                    item.names.len(),
                    parts.len().max(1)
                ),
            ));
        }
        if parts.len() > 1 {
            return self.project_parts(item, parts, style, columns);
        }
        let expr = match parts.into_iter().next() {
            Some((_, part)) if !item.names.is_empty() => part,
            Some((name, part)) => {
                columns.add(&name, part);
                return Ok(());
            }
            None => expr,
        };
        if let Some(name) = item.names.first() {
            return self.declare(name, expr, style, columns);
        }
        let is_column = matches!(expr.kind, ExprKind::Column(_));
        let name = match (style, self.result_name(&item.expr, row)) {
            (Style::Print, _) => format!("print_{at}"),
            (_, Some(name)) => name,
            (_, None) => self.default_name(row),
        };
        match style {
            Style::Extend => {
                columns.add_or_replace(&name, expr);
                Ok(())
            }
            Style::Project if is_column => columns
                .declare(&name, expr)
                .map(|_| ())
                .map_err(|Duplicate| self.duplicate_column(&name, item.span)),
            Style::Project | Style::Print => {
                columns.add(&name, expr);
                Ok(())
            }
        }
    }

    fn declare(
        &mut self,
        name: &Name,
        expr: Expr,
        style: Style,
        columns: &mut Columns<Expr>,
    ) -> Checked<()> {
        let declared = match style {
            Style::Extend => columns.declare_or_replace(&name.text, expr),
            Style::Project | Style::Print => columns.declare(&name.text, expr),
        };
        match declared {
            Ok(_) => Ok(()),
            Err(Duplicate) => Err(self.duplicate_column(&name.text, name.span)),
        }
    }

    /// `(a, b) = series_fit_line(x)`: what has no name keeps that which the function gives it.
    fn project_parts(
        &mut self,
        item: &'a syntax::NamedExpr,
        parts: Vec<(String, Expr)>,
        style: Style,
        columns: &mut Columns<Expr>,
    ) -> Checked<()> {
        for (at, (name, part)) in parts.into_iter().enumerate() {
            match item.names.get(at) {
                Some(declared) => self.declare(declared, part, style, columns)?,
                // One name without parentheses is for the first value, and the others are dropped.
                None if !item.names.is_empty() && !item.tuple => {}
                None if style == Style::Print && !item.names.is_empty() => {}
                None => {
                    columns.add(&name, part);
                }
            }
        }
        Ok(())
    }

    /// The columns of a call that yields several, by their names.
    fn parts(
        &mut self,
        item: &'a syntax::NamedExpr,
        expr: &Expr,
        row: &Row,
    ) -> Vec<(String, Expr)> {
        let (syntax::ExprKind::Call(call), ExprKind::Call { function, args }) =
            (&item.expr.kind, &expr.kind)
        else {
            return Vec::new();
        };
        let several = functions::scalar(&call.name.text).is_some_and(|found| {
            found
                .overloads
                .iter()
                .any(|overload| overload.result == Return::Columns)
        });
        let own = matches!(
            self.scopes.find(&call.name.text),
            Some(Binding::Function { .. })
        );
        if !several || own {
            return Vec::new();
        }
        let arrays = args
            .iter()
            .filter(|arg| arg.ty == crate::types::Type::Dynamic)
            .count();
        let parts = self.column_parts(function, arrays);
        let of = parts.len();
        parts
            .into_iter()
            .enumerate()
            .map(|(at, (part, ty))| {
                let sorted = part == "sorted";
                let of_argument = call
                    .args
                    .get(if sorted { at } else { 0 })
                    .and_then(|arg| self.result_name(&arg.value, row))
                    .unwrap_or_else(|| match sorted {
                        true => format!("array{at}"),
                        false => String::new(),
                    });
                let name = match sorted {
                    true => format!("{of_argument}_{part}"),
                    false => format!("{function}_{of_argument}_{part}"),
                };
                (name, self.column_part(expr, at, of, ty))
            })
            .collect()
    }

    /// The finished list.
    pub(super) fn named(&self, columns: Columns<Expr>) -> Vec<NamedExpr> {
        columns
            .into_entries()
            .into_iter()
            .map(|(name, expr)| NamedExpr { name, expr })
            .collect()
    }

    /// Values by which rows are compared may not be dynamic.
    pub(super) fn not_dynamic(&mut self, expr: &Expr, span: Span, what: &str) -> Checked<()> {
        match expr.ty {
            crate::types::Type::Dynamic => Err(self.error_with_help(
                codes::DYNAMIC_NOT_ALLOWED,
                span,
                format!("a `dynamic` cannot be {what}"),
                "convert it first, for example with `tostring()`",
            )),
            _ => Ok(()),
        }
    }

    /// A list from which one value is missing because it was wrong.
    pub(super) fn all<T>(&self, list: Vec<Checked<T>>) -> Checked<Vec<T>> {
        list.into_iter().collect::<Result<Vec<T>, Reported>>()
    }
}
