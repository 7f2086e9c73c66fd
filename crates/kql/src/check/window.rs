//! Functions over the rows of a serialized input: `row_number()`, `prev()` …

use super::Checker;
use super::build::{converted, is_constant, literal};
use super::call::Arg;
use super::fold;
use super::report::{Checked, Reported};
use super::scope::{Row, Windows};
use crate::checked::{Expr, ExprKind};
use crate::codes;
use crate::functions::Function;
use crate::span::Span;
use crate::syntax::Name;
use crate::types::{Type, Value};

impl Checker<'_> {
    pub(super) fn window(
        &mut self,
        function: &'static Function,
        name: &Name,
        args: Vec<Arg>,
        row: &Row,
        span: Span,
    ) -> Checked<Expr> {
        match row.windows {
            Windows::Allowed => {}
            Windows::NotSerialized => {
                return Err(self.error_with_help(
                    codes::NOT_SERIALIZED,
                    name.span,
                    format!("`{}` needs rows in a defined order", name.text),
                    "put `sort by …` or `serialize` before it",
                ));
            }
            Windows::Misplaced => {
                return Err(self.error_with_help(
                    codes::NOT_SERIALIZED,
                    name.span,
                    format!("`{}` cannot be used here", name.text),
                    "use it in `extend`, `project`, `where` or `serialize`",
                ));
            }
        }
        let chosen = self.choose(function, &args, span)?;
        if args.iter().any(Arg::is_wrong) {
            return Err(Reported);
        }
        let mut values: Vec<Expr> = args
            .into_iter()
            .zip(&chosen.parameters)
            .filter_map(|(arg, parameter)| match arg {
                Arg::Value(value) => Some(super::call::adapted(value, parameter, None)),
                _ => None,
            })
            .collect();
        let first = values.first().map_or(Type::Long, |value| value.ty);
        if matches!(function.canonical, "prev" | "next") {
            self.neighbour(function, &mut values)?;
        }
        let ty = match function.canonical {
            "row_number" | "row_rank_dense" | "row_rank_min" => Type::Long,
            _ => first,
        };
        Ok(Expr {
            kind: ExprKind::Window {
                function: function.canonical,
                args: values,
            },
            ty,
            span,
        })
    }

    /// `prev(column, offset, default)`: all three are spelt out, the default in the column's type.
    fn neighbour(&mut self, function: &'static Function, values: &mut Vec<Expr>) -> Checked<()> {
        let ty = values[0].ty;
        let span = values[0].span;
        if !matches!(values[0].kind, ExprKind::Column(_)) {
            let message = format!("`{}` expects a column", function.name);
            return Err(self.error(codes::COLUMN_EXPECTED, span, message));
        }
        if values.len() == 1 {
            values.push(literal(Value::Long(1), span));
        }
        let offset = &values[1];
        if !is_constant(offset) || fold::integer(offset).is_some_and(|offset| offset < 1) {
            return Err(self.error(
                codes::VALUE_OUT_OF_RANGE,
                offset.span,
                format!(
                    "`{}` expects a constant above zero as offset",
                    function.name
                ),
            ));
        }
        if values.len() == 2 {
            values.push(literal(fold::null(ty), span));
        }
        if let Some(default) = values.pop() {
            values.push(converted(default, ty));
        }
        Ok(())
    }
}
